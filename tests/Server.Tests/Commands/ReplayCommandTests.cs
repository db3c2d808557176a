using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Commands;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Commands;

public sealed class ReplayCommandTests : IDisposable
{
    private readonly TinyModel _model = TinyModel.Create(new RandomCheckpointOptions { ContextLength = 256 });
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sparrow-replay-");

    [Theory]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.6805900,100,20\r\n2023-11-16 18:15:46.7805900,60,10\r\n2023-11-16 18:15:46.8,1,1")]
    [InlineData("{\"timestamp\":0,\"input_length\":100,\"output_length\":20,\"hash_ids\":[0]}\n{\"timestamp\":100,\"input_length\":60,\"output_length\":10}\n{}")]
    public async Task Every_profile_answers_the_traces_first_requests(string trace)
    {
        (int code, string output, string error) = await ReplayAsync(trace, "--requests", "2", "--speed", "1000", "--profiles", "kv16,k4v2", "--json");

        Assert.True(code == ExitCode.Success, error);
        JsonElement[] lines = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(["kv16", "k4v2"], lines.Select(line => line.GetProperty("kv_profile").GetString()));
        foreach (JsonElement line in lines)
        {
            Assert.Equal(160, line.GetProperty("prompt_tokens").GetInt32());
            Assert.Equal(30, line.GetProperty("generated_tokens").GetInt32());
            Assert.True(line.GetProperty("first_token_seconds_median").GetDouble() > 0);
        }

        // The same bytes hold more tokens of fewer bits.
        Assert.True(lines[1].GetProperty("cache_tokens").GetInt64() > 2 * lines[0].GetProperty("cache_tokens").GetInt64());
    }

    [Theory]
    [InlineData("nothing of the kind", "Line 1 of")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,5", "Line 2 of")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,200,5", "does not fit a cache of")]
    public async Task What_cannot_be_replayed_is_said(string trace, string message)
    {
        (int code, _, string error) = await ReplayAsync(trace, "--cache-bytes", "40000");

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<(int Code, string Output, string Error)> ReplayAsync(string trace, params string[] arguments)
    {
        string path = Path.Combine(_folder.FullName, "trace");
        File.WriteAllText(path, trace);
        using StringWriter output = new();
        using StringWriter error = new();
        int code = await CommandLineProgram.RunAsync(["replay", "--model", _model.Folder, "--trace", path, .. arguments], output, error);
        return (code, output.ToString(), error.ToString());
    }
}
