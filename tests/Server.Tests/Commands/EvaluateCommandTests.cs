using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Commands;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Commands;

public sealed class EvaluateCommandTests : IDisposable
{
    private readonly TinyModel _model = TinyModel.Create(new RandomCheckpointOptions { ContextLength = 256 });
    private readonly TinyModel _other = TinyModel.Create(new RandomCheckpointOptions { ContextLength = 256, Seed = 7 });

    [Fact]
    public async Task Against_itself_a_model_differs_in_nothing()
    {
        using JsonDocument document = JsonDocument.Parse(await EvaluateAsync(_model.Folder, _model.Folder));

        JsonElement agreement = document.RootElement.GetProperty("agreement");
        Assert.Equal(2 * 63, agreement.GetProperty("tokens").GetInt64());
        Assert.All(
            ["mean_kl", "mean_kl_standard_error", "median_kl", "percentile99_kl", "maximum_kl", "top1_standard_error"],
            name => Assert.Equal(0, agreement.GetProperty(name).GetDouble()));
        Assert.Equal(1, agreement.GetProperty("top1_agreement").GetDouble());
        Assert.Equal(0, document.RootElement.GetProperty("perplexity_difference").GetProperty("value").GetDouble());
        Assert.Equal(0, document.RootElement.GetProperty("task_differences").GetProperty("piqa").GetProperty("acc").GetDouble());
    }

    [Fact]
    public async Task Against_another_both_are_reported_with_their_differences()
    {
        using JsonDocument document = JsonDocument.Parse(await EvaluateAsync(_model.Folder, _other.Folder));

        JsonElement root = document.RootElement;
        JsonElement against = root.GetProperty("against");
        Assert.Equal(_other.Folder, against.GetProperty("model").GetString());
        Assert.Equal(
            root.GetProperty("perplexity").GetProperty("value").GetDouble() - against.GetProperty("perplexity").GetProperty("value").GetDouble(),
            root.GetProperty("perplexity_difference").GetProperty("value").GetDouble(), 1e-9);
        Assert.All(
            ["standard_error", "ratio", "ratio_standard_error"],
            name => Assert.True(root.GetProperty("perplexity_difference").GetProperty(name).GetDouble() > 0));
        Assert.True(root.GetProperty("agreement").GetProperty("mean_kl").GetDouble() > 0);
        Assert.Equal(3, against.GetProperty("tasks").GetProperty("piqa").GetProperty("n").GetInt32());
        Assert.All(
            ["acc", "acc_stderr", "acc_norm", "acc_norm_stderr"],
            name => Assert.True(root.GetProperty("tasks").GetProperty("piqa").TryGetProperty(name, out _)));
        Assert.Equal(32, root.GetProperty("bits_per_weight").GetDouble(), 0.5);
    }

    [Fact]
    public async Task A_model_against_itself_with_another_cache_shows_what_the_cache_costs()
    {
        using JsonDocument document = JsonDocument.Parse(await EvaluateAsync(_model.Folder, _model.Folder, more: ["--kv", "kivi2", "--against-kv", "kv32"]));

        JsonElement root = document.RootElement;
        Assert.Equal("kivi2", root.GetProperty("kv").GetProperty("profile").GetString());
        Assert.Equal("kv32", root.GetProperty("against").GetProperty("kv").GetProperty("profile").GetString());
        Assert.True(root.GetProperty("agreement").GetProperty("mean_kl").GetDouble() > 0);
    }

    [Fact]
    public async Task A_person_sees_both_side_by_side()
    {
        string table = await EvaluateAsync(_model.Folder, _other.Folder, json: false, more: ["--layers"]);

        Assert.Contains("Reference", table, StringComparison.Ordinal);
        Assert.Contains("KL, mean", table, StringComparison.Ordinal);
        Assert.Contains("piqa acc", table, StringComparison.Ordinal);
        Assert.Contains("Update", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Blocks_are_compared_and_a_page_is_written()
    {
        string page = Path.Combine(Path.GetDirectoryName(_model.Folder)!, "page.html");

        using JsonDocument document = JsonDocument.Parse(await EvaluateAsync(_model.Folder, _other.Folder, more: ["--layers", "--html", page]));
        JsonElement[] blocks = [.. document.RootElement.GetProperty("layers").EnumerateArray()];
        string html = await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);

        Assert.Equal([0, 1], blocks.Select(block => block.GetProperty("block").GetInt32()));
        Assert.All(["output_error", "update_error", "stream_error"], name => Assert.True(blocks[1].GetProperty(name).GetDouble() > 0));
        Assert.StartsWith("<!DOCTYPE html>", html, StringComparison.Ordinal);
        Assert.Contains("<svg", html, StringComparison.Ordinal);
        Assert.Contains("mean divergence", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_artifact_brings_its_layers_to_the_page()
    {
        string folder = Path.GetDirectoryName(_model.Folder)!;
        (string recipe, string artifact, string report, string page) = (
            Path.Combine(folder, "recipe.json"), Path.Combine(folder, "artifact"), Path.Combine(folder, "report.html"), Path.Combine(folder, "page.html"));
        CancellationToken token = TestContext.Current.CancellationToken;
        await File.WriteAllTextAsync(recipe, """{"version":1,"steps":[{"type":"prune","method":"magnitude","sparsity":0.5}]}""", token);
        using StringWriter error = new();
        int code = await CommandLineProgram.RunAsync(
            ["compress", "--model", _model.Folder, "--recipe", recipe, "--out", artifact, "--html", report], TextWriter.Null, error);
        Assert.True(code == ExitCode.Success, error.ToString());

        string json = await EvaluateAsync(artifact, _model.Folder, more: ["--html", page]);

        using JsonDocument document = JsonDocument.Parse(json);
        Assert.InRange(document.RootElement.GetProperty("agreement").GetProperty("mean_kl").GetDouble(), 1e-6, 10);
        foreach (string file in new[] { report, page })
        {
            string html = await File.ReadAllTextAsync(file, token);
            Assert.Contains("Sparsity by block", html, StringComparison.Ordinal);
            Assert.Contains("model.layers.1.mlp.down_proj.weight", html, StringComparison.Ordinal);
            Assert.Contains("50.0", html, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--perplexity", "f", "--kl")]
    [InlineData("--perplexity", "f", "--layers")]
    [InlineData("--perplexity", "f", "--html", "page.html")]
    [InlineData("--against", "x", "--kl", "--tasks", "piqa", "--data", ".")]
    [InlineData("--perplexity", "f", "--window", "0")]
    public async Task A_comparison_that_lacks_a_part_is_wrong_usage(params string[] arguments)
    {
        using StringWriter error = new();

        int code = await CommandLineProgram.RunAsync(["evaluate", "--model", _model.Folder, .. arguments], TextWriter.Null, error);

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("--", error.ToString(), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _model.Dispose();
        _other.Dispose();
    }

    private async Task<string> EvaluateAsync(string model, string against, bool json = true, params string[] more)
    {
        string data = Path.GetDirectoryName(_model.Folder)!;
        string text = Path.Combine(data, "text.txt");
        CancellationToken token = TestContext.Current.CancellationToken;
        await File.WriteAllTextAsync(text, string.Concat(Enumerable.Range(0, 60).Select(i => $"word {i * 7 % 31} here\n")), token);
        string[] items = [.. Enumerable.Range(0, 3).Select(i => $$"""{"goal": "g{{i}}", "sol1": "one", "sol2": "two {{i}}", "label": {{i % 2}}}""")];
        await File.WriteAllLinesAsync(Path.Combine(data, "piqa_val.jsonl"), items, token);
        using StringWriter output = new();
        using StringWriter error = new();
        string[] arguments =
        [
            "evaluate", "--model", model, "--against", against, "--kl", "--perplexity", text, "--window", "64", "--max-windows", "2",
            "--tasks", "piqa", "--data", data, .. more, .. json ? ["--json"] : Array.Empty<string>(),
        ];

        int code = await CommandLineProgram.RunAsync(arguments, output, error);

        Assert.True(code == ExitCode.Success, error.ToString());
        return output.ToString();
    }
}
