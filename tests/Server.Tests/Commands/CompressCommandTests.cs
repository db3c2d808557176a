using System.Text.Json;
using Sparrow.Server.Commands;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Commands;

public sealed class CompressCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sparrow-compress-");
    private readonly TinyModel _model = TinyModel.Create();

    [Fact]
    public async Task A_recipe_becomes_an_artifact_and_a_report()
    {
        (int code, string output, string error) = await RunAsync(Recipe("""{"type":"prune","method":"magnitude","sparsity":0.5}"""), "--json");

        Assert.Equal("", error);
        Assert.Equal(ExitCode.Success, code);
        Assert.Equal(14, JsonDocument.Parse(output).RootElement.GetProperty("layers").GetArrayLength());
        Assert.True(File.Exists(Path.Combine(_folder.FullName, "out", "sparrow.json")));
    }

    [Fact]
    public async Task A_faulty_recipe_ends_with_2_and_says_where()
    {
        (int code, _, string error) = await RunAsync(Recipe("""{"type":"prune","method":"magnitude","sparsity":"x"}"""));

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("steps[0].sparsity: expected a number from 0 to 0.99, found \"x\"", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gate_that_is_not_met_ends_with_1_and_leaves_no_artifact()
    {
        string text = Path.Combine(_folder.FullName, "text.txt");
        await File.WriteAllTextAsync(text, string.Concat(Enumerable.Repeat("A line of text.\n", 60)), TestContext.Current.CancellationToken);
        string recipe = Recipe(
            """{"type":"prune","method":"magnitude","sparsity":0.5}""",
            ""","evaluation":{"perplexity":"text.txt","window":64,"max_windows":2,"max_perplexity_increase":-0.9}""");
        (int code, _, string error) = await RunAsync(recipe);

        Assert.Equal(ExitCode.Failure, code);
        Assert.Contains("The gate is not met", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder.FullName, "out")));
    }

    [Fact]
    public async Task The_schema_of_recipes_is_written_and_nothing_else_is_asked_for()
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int code = await CommandLineProgram.RunAsync(["compress", "--schema"], output, error);

        Assert.Equal("", error.ToString());
        Assert.Equal(ExitCode.Success, code);
        JsonElement schema = JsonDocument.Parse(output.ToString()).RootElement;
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", schema.GetProperty("$schema").GetString());
        Assert.True(schema.GetProperty("properties").GetProperty("steps").GetProperty("items").GetProperty("oneOf").GetArrayLength() > 10);
    }

    [Theory]
    [InlineData("--model")]
    [InlineData("--recipe")]
    [InlineData("--output")]
    public async Task Without_the_schema_everything_else_is_needed(string missing)
    {
        Dictionary<string, string> options = new() { ["--model"] = _model.Folder, ["--recipe"] = "preset:balanced", ["--output"] = "out" };
        options.Remove(missing);
        using StringWriter output = new();
        using StringWriter error = new();
        int code = await CommandLineProgram.RunAsync(["compress", .. options.SelectMany(pair => new[] { pair.Key, pair.Value })], output, error);

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains($"'{missing}' is required", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_format_of_the_command_line_stands_in_for_the_recipes()
    {
        (int code, _, string error) = await RunAsync(Recipe("""{"type":"quantize","method":"rtn","bits":4,"group_size":32}"""), "--format", "gguf");
        Assert.Equal("", error);
        Assert.Equal(ExitCode.Success, code);
        Assert.True(File.Exists(Path.Combine(_folder.FullName, "out", "model.gguf")));

        (code, _, error) = await RunAsync(Recipe("""{"type":"quantize","method":"rtn","bits":4,"group_size":32}"""), "--format", "zip");
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("output.format: expected one of sparrow, plain", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_exists_is_not_replaced()
    {
        _folder.CreateSubdirectory("out");
        (int code, _, string error) = await RunAsync(Recipe("""{"type":"prune","method":"magnitude","sparsity":0.5}"""));

        Assert.Equal(ExitCode.Failure, code);
        Assert.Contains("exists already", error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    private string Recipe(string step, string more = "")
    {
        string path = Path.Combine(_folder.FullName, "recipe.json");
        File.WriteAllText(path, $$"""{"version":1,"steps":[{{step}}] {{more}} }""");
        return path;
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(string recipe, params string[] more)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int code = await CommandLineProgram.RunAsync(
            ["compress", "--model", _model.Folder, "--recipe", recipe, "--out", Path.Combine(_folder.FullName, "out"), .. more], output, error);
        return (code, output.ToString(), error.ToString());
    }
}
