using System.Text.Json;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Commands;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Commands;

public sealed class TuneKvCommandTests : IDisposable
{
    private readonly TinyModel _model = TinyModel.Create(new RandomCheckpointOptions { ContextLength = 256 });
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sparrow-tune-");

    [Fact]
    public async Task The_profile_keeps_the_bound_and_is_served()
    {
        (int code, string output, string error) = await TuneAsync("--max-bits", "4.5", "--budgets", "4.5", "--check", In("text"), "--random", "2");

        Assert.True(code == ExitCode.Success, error);
        KvProfile profile = KvProfile.Resolve(In("kv.json"), 2);
        Assert.InRange(profile.EffectiveBits(16), 0, 4.5);
        Assert.Equal(profile.EffectiveBits(16), profile.Cost!["effective_bits"], 1e-9);
        Assert.Contains($"digest {profile.Digest}", output, StringComparison.Ordinal);
        Assert.Contains("median of 2 random", output, StringComparison.Ordinal);
        Assert.StartsWith("<svg", File.ReadAllText(In("front.svg")), StringComparison.Ordinal);
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(In("report.json")));
        Assert.Equal(2, report.RootElement.GetProperty("layers").GetArrayLength());
        Assert.Equal(4.5, report.RootElement.GetProperty("held_out").GetProperty("rows")[0].GetProperty("budget").GetDouble());
        using LoadedModel served = ModelLoader.Load(_model.Folder, new Runtime.InferenceOptions { KvProfile = In("kv.json") });
        Assert.Equal(profile.Digest, served.KvProfile.Digest);
    }

    [Theory]
    [InlineData(ExitCode.Failure, "No profile that was tried keeps --max-bits and --max-kl.", "--max-bits", "2")]
    [InlineData(ExitCode.Usage, "--windows must be positive.", "--windows", "0")]
    [InlineData(ExitCode.Failure, "tokens; the windows need", "--windows", "1000")]
    public async Task What_cannot_be_done_is_said(int expected, string message, params string[] arguments)
    {
        (int code, _, string error) = await TuneAsync(arguments);

        Assert.Equal(expected, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<(int Code, string Output, string Error)> TuneAsync(params string[] arguments)
    {
        File.WriteAllText(In("text"), string.Concat(Enumerable.Range(0, 300).Select(i => $"{i} sparrows on {i * i} wires. ")));
        using StringWriter output = new();
        using StringWriter error = new();
        string[] sizes = arguments.Contains("--windows") ? [] : ["--windows", "1"];
        int code = await CommandLineProgram.RunAsync(
            [
                "tune-kv", "--model", _model.Folder, "--text", In("text"), "--out", In("kv.json"), "--front", In("front.svg"), "--report", In("report.json"),
                "--window", "96", "--evaluations", "8", "--check-windows", "1", "--check-window", "96", .. sizes, .. arguments,
            ],
            output, error);
        return (code, output.ToString(), error.ToString());
    }

    private string In(string name) => Path.Combine(_folder.FullName, name);
}
