using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sparrow.Server.IntegrationTests.Storage;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Jobs;

/// <summary>Jobs whose steps train: what they train on.</summary>
public sealed class JobTrainingTests
{
    private const string Conversation = """{"messages":[{"role":"user","content":"What is the sky?"},{"role":"assistant","content":"The sky is blue."}]}""";

    [Fact]
    public async Task Conversations_of_the_training_file_are_learned_as_documents()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        string lines = string.Join('\n', Enumerable.Repeat(Conversation, 40));
        JsonElement byCalibration = await JobClient.RunAsync(server, Body("calibration_file", await PutAsync(server, lines)));
        JsonElement byTraining = await JobClient.RunAsync(server, Body("training", await PutAsync(server, lines)));
        JsonElement asText = await JobClient.RunAsync(server, Body("training", await PutAsync(server, string.Join('\n', Enumerable.Repeat("The sky is blue.", 40)), "lines.txt")));
        double[] after = [.. new[] { byCalibration, byTraining, asText }.Select(job => job.GetProperty("report").GetProperty("perplexity_after").GetDouble())];
        Assert.Equal(3, after.Distinct().Count());
        Assert.All([byCalibration, byTraining, asText], job => Assert.Equal(0.5, job.GetProperty("report").GetProperty("sparsity").GetDouble(), 0.03));
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"robot","content":"Hello."}]}""", "line 41: messages[0].role is 'robot'")]
    [InlineData("""{"text":""}""", "line 41: expected \"text\"")]
    public async Task A_wrong_line_fails_the_job_before_it_queues(string line, string message)
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        string file = await PutAsync(server, string.Join('\n', Enumerable.Repeat(Conversation, 40).Append(line)));
        JsonElement job = await JobClient.RunAsync(server, Body("training", file), "failed");
        Assert.Equal("invalid_value", job.GetProperty("error").Text("code"));
        Assert.Equal("method.recipe.training", job.GetProperty("error").Text("param"));
        Assert.Contains(message, job.GetProperty("error").Text("message"), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, job.GetProperty("started_at").ValueKind);
    }

    private static async Task<string> PutAsync(SparrowServer server, string content, string name = "lines.jsonl") =>
        (await UploadClient.PostFileAsync(server, name, "calibration", Encoding.UTF8.GetBytes(content))).Id();

    private static JsonObject Body(string member, string file)
    {
        JsonObject body = JobClient.Small();
        body["evaluation"] = new JsonObject { ["perplexity"] = true, ["window"] = 64, ["max_windows"] = 4, ["max_perplexity_increase"] = 100 };
        JsonObject recipe = body["method"]!["recipe"]!.AsObject();
        recipe["steps"] = JsonNode.Parse("""
            [{"type":"adapt","method":"losa","sparsity":0.5,"rounds":2,"tokens":2000,"batch":2,"length":64,"calibration_samples":2,"calibration_length":64}]
            """);
        recipe["calibration"] = new JsonObject { ["samples"] = 4, ["length"] = 64 };
        if (member == "training")
        {
            recipe["training"] = new JsonObject { ["text"] = file };
        }
        else
        {
            body[member] = file;
        }

        return body;
    }
}
