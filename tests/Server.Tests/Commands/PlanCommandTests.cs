using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Commands;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Commands;

public sealed class PlanCommandTests : IDisposable
{
    private readonly TinyModel _model = TinyModel.Create(new RandomCheckpointOptions { ContextLength = 1024 });

    [Fact]
    public async Task A_plan_has_the_shape_that_scripts_rely_on()
    {
        using JsonDocument document = JsonDocument.Parse(await PlanAsync("--recipe", "preset:fast", "--json"));

        JsonElement root = document.RootElement;
        Assert.True(root.GetProperty("machine").GetProperty("read_bytes_per_second").GetDouble() > 0);
        Assert.Equal("int8", root.GetProperty("activations").GetString());
        Assert.Equal(2 * 2 * 16 * 2 * 2, root.GetProperty("kv_bytes_per_token").GetInt64());
        foreach (string side in new[] { "current", "compressed" })
        {
            JsonElement plan = root.GetProperty(side);
            JsonElement[] phases = [.. plan.GetProperty("phases").EnumerateArray()];
            Assert.Equal(
                [("prefill", 1, 0), ("decode", 1, 0), ("decode", 1, 512), ("decode", 8, 0), ("decode", 8, 512), ("decode", 32, 0), ("decode", 32, 512)],
                phases.Select(phase => (
                    phase.GetProperty("phase").GetString()!, phase.GetProperty("sequences").GetInt32(), phase.GetProperty("context").GetInt32())));
            Assert.All(phases, phase => Assert.True(phase.GetProperty("tokens_per_second").GetDouble() > 0));
            Assert.All(phases, phase => Assert.True(phase.GetProperty("costs").GetArrayLength() > 8));
            Assert.Equal(16, plan.GetProperty("layers").GetArrayLength());
        }

        Assert.True(
            root.GetProperty("compressed").GetProperty("weight_bytes").GetInt64() < root.GetProperty("current").GetProperty("weight_bytes").GetInt64());
        JsonElement compression = root.GetProperty("compression");
        Assert.True(compression.GetProperty("seconds").GetDouble() > 0);
        Assert.True(compression.GetProperty("peak_memory_bytes").GetInt64() > 0);
    }

    [Fact]
    public async Task Rates_measured_by_tests_stay_out_of_the_users_caches()
    {
        string caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME")!;
        await PlanAsync("--json");

        Assert.StartsWith(Path.GetTempPath(), caches, StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(caches, "sparrow"), "machine-*.json"));
    }

    [Fact]
    public async Task A_person_sees_speeds_and_what_a_recipe_changes()
    {
        string table = await PlanAsync("--recipe", "preset:balanced");

        Assert.Contains("decode", table, StringComparison.Ordinal);
        Assert.Contains("after the recipe", table, StringComparison.Ordinal);
        Assert.Contains("compressing:", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipe_that_does_not_exist_is_wrong_usage()
    {
        using StringWriter error = new();

        int code = await CommandLineProgram.RunAsync(["plan", "--model", _model.Folder, "--recipe", "preset:nope"], TextWriter.Null, error);

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("nope", error.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => _model.Dispose();

    private async Task<string> PlanAsync(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();

        int code = await CommandLineProgram.RunAsync(["plan", "--model", _model.Folder, .. arguments], output, error);

        Assert.True(code == ExitCode.Success, error.ToString());
        return output.ToString();
    }
}
