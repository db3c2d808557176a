using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Commands;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Commands;

public sealed class CommandLineProgramTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    [Theory]
    [InlineData("serve")]
    [InlineData("generate")]
    [InlineData("inspect")]
    [InlineData("compress")]
    [InlineData("evaluate")]
    [InlineData("bench")]
    [InlineData("plan")]
    [InlineData("convert")]
    public async Task Help_of_every_command_has_an_example(string command)
    {
        (int code, string output, _) = await RunAsync(command, "--help");

        Assert.Equal(ExitCode.Success, code);
        Assert.Contains($"Example: sparrow {command} ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("generate")]
    [InlineData("generate", "--model", "x")]
    [InlineData("generate", "--model", "x", "--prompt", "a", "--prompt-tokens", "1")]
    [InlineData("generate", "--model", "x", "--prompt", "a", "--max-tokens", "many")]
    [InlineData("inspect")]
    [InlineData("inspect", "--nope", "x")]
    [InlineData("inspect", "x", "--nope")]
    [InlineData("bench", "--model", "x", "--nope", "1")]
    [InlineData("evaluate", "--model", "x")]
    [InlineData("evaluate", "--model", "x", "--tasks", "nope", "--data", ".")]
    [InlineData("evaluate", "--model", "x", "--tasks", "piqa")]
    [InlineData("evaluate", "--model", "x", "--perplexity", "f", "--convention", "mine")]
    [InlineData("bench", "--model", "x", "--parallel", "0")]
    [InlineData("compress", "--model", "x", "--out", "y")]
    [InlineData("compress", "--model", "x", "--out", "y", "--recipe", "preset:nope")]
    [InlineData("compress", "--model", "x", "--out", "y", "--recipe", "no-such-recipe.json")]
    [InlineData("convert", "--output", "x")]
    [InlineData("convert", "--random", "--output", "x.gguf")]
    [InlineData("convert", "--random", "mamba", "--output", "x")]
    [InlineData("convert", "--random", "llama", "--sparsity", "1", "--type", "int8", "--output", "x")]
    [InlineData("convert", "--random", "llama", "--sparsity", "0.5", "--type", "f16", "--output", "x")]
    [InlineData("convert", "--random", "llama", "--model", "x", "--output", "x")]
    public async Task Wrong_usage_ends_with_2(params string[] arguments)
    {
        (int code, _, string error) = await RunAsync(arguments);

        Assert.Equal(ExitCode.Usage, code);
        Assert.NotEmpty(error);
    }

    [Theory]
    [InlineData("inspect", "no-such-model")]
    [InlineData("generate", "--model", "no-such-model", "--prompt", "a")]
    [InlineData("convert", "--model", "no-such-model", "--output", "nowhere")]
    [InlineData("compress", "--model", "no-such-model", "--out", "nowhere", "--recipe", "preset:fast")]
    public async Task A_missing_model_ends_with_1_and_says_so(params string[] arguments)
    {
        (int code, _, string error) = await RunAsync(arguments);

        Assert.Equal(ExitCode.Failure, code);
        Assert.Contains("no-such-model", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_tells_shape_and_size_as_table_and_as_json()
    {
        string model = WriteModel();

        (int code, string json, _) = await RunAsync("inspect", model, "--json");
        (_, string table, _) = await RunAsync("inspect", "--model", model);

        Assert.Equal(ExitCode.Success, code);
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        Assert.Equal("llama", root.GetProperty("family").GetString());
        Assert.Equal(2, root.GetProperty("layers").GetInt32());
        Assert.Equal(32, root.GetProperty("bits_per_weight").GetDouble());
        Assert.Equal(root.GetProperty("parameters").GetInt64() * 4, root.GetProperty("bytes").GetInt64());
        Assert.Equal(root.GetProperty("tensors").GetInt32(), root.GetProperty("formats").GetProperty("f32").GetInt32());

        Assert.Empty(root.GetProperty("expanded").EnumerateArray());
        Assert.Equal(0, root.GetProperty("sparsity").GetDouble());
        Assert.InRange(root.GetProperty("loaded_bytes").GetInt64(), root.GetProperty("bytes").GetInt64() * 9 / 10, root.GetProperty("bytes").GetInt64() * 11 / 10);

        // Two layers of two KV heads of 16 values, keys and values in half precision.
        Assert.Equal(2 * 2 * 16 * 2 * 2, root.GetProperty("kv_bytes_per_token").GetInt64());
        Assert.Contains("2 layers", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_random_mixture_of_experts_is_inspected_as_one()
    {
        string model = Path.Combine(_folder, "experts");

        (int made, _, string error) = await RunAsync("convert", "--random", "mixtral", "--experts", "6", "--experts-per-token", "3", "--output", model);
        (int code, string json, _) = await RunAsync("inspect", model, "--json");

        Assert.Equal((ExitCode.Success, ExitCode.Success, ""), (made, code, error));
        using JsonDocument document = JsonDocument.Parse(json);
        Assert.Equal("mixtral", document.RootElement.GetProperty("family").GetString());
        Assert.Equal(6, document.RootElement.GetProperty("experts").GetInt32());
        Assert.Equal(3, document.RootElement.GetProperty("experts_per_token").GetInt32());
    }

    [Theory]
    [InlineData("mamba2", "mamba2")]
    [InlineData("deepseek-v3", "deepseek_v3")]
    public async Task Inspect_names_a_family_that_cannot_be_run(string folder, string family)
    {
        (int code, _, string error) = await RunAsync("inspect", SharedData.Require("models", "tiny", folder));

        Assert.Equal(ExitCode.Failure, code);
        Assert.Contains($"{family} is a known family", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_streams_text_and_gives_the_same_for_the_prompts_tokens()
    {
        string model = WriteModel();

        (int code, string json, _) = await RunAsync("generate", "--model", model, "--prompt", "hello", "--max-tokens", "6", "--ignore-eos", "--json");
        (_, string text, _) = await RunAsync("generate", "--model", model, "--prompt", "hello", "--max-tokens", "6", "--ignore-eos");
        using JsonDocument document = JsonDocument.Parse(json);
        string ids = string.Join(',', ModelTokens(model, "hello"));
        (_, string byTokens, _) = await RunAsync("generate", "--model", model, "--prompt-tokens", ids, "--max-tokens", "6", "--ignore-eos");

        Assert.Equal(ExitCode.Success, code);
        Assert.Equal(6, document.RootElement.GetProperty("token_ids").GetArrayLength());
        Assert.Equal("length", document.RootElement.GetProperty("finish_reason").GetString());
        Assert.Equal(document.RootElement.GetProperty("text").GetString() + Environment.NewLine, text);
        Assert.Equal(text, byTokens);
    }

    [Fact]
    public async Task Generate_puts_a_chat_into_the_models_template()
    {
        string model = WriteModel();

        (int code, string json, string error) = await RunAsync(
            "generate", "--model", model, "--chat", "--prompt", "hello", "--max-tokens", "2", "--json");

        Assert.True(code == ExitCode.Success, error);
        using JsonDocument document = JsonDocument.Parse(json);
        Assert.True(document.RootElement.GetProperty("prompt_tokens").GetInt32() > ModelTokens(model, "hello").Length);
    }

    [Fact]
    public async Task Bench_reports_every_member_that_scripts_rely_on()
    {
        string model = WriteModel();

        (int code, string json, string error) = await RunAsync(
            "bench", "--model", model, "--prompt", "40", "--generate", "5", "--parallel", "2", "--context", "10", "--repeat", "1", "--json");

        Assert.True(code == ExitCode.Success, error);
        using JsonDocument document = JsonDocument.Parse(json);
        string[] numbers = ["prefill_tokens_per_second", "decode_tokens_per_second", "total_tokens_per_second", "load_seconds", "resident_bytes"];
        Assert.All(numbers, name => Assert.True(document.RootElement.GetProperty(name).GetDouble() > 0));
        Assert.Equal("float", document.RootElement.GetProperty("activations").GetString());
        Assert.NotEmpty(document.RootElement.GetProperty("kernels").GetString()!);
    }

    [Fact]
    public async Task Evaluate_writes_perplexity_and_tasks_in_the_shape_that_scripts_rely_on()
    {
        string model = WriteModel();
        string text = Path.Combine(_folder, "text.txt");
        await File.WriteAllTextAsync(text, string.Concat(Enumerable.Repeat("some words here\n", 60)), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "piqa_val.jsonl"), """{"goal": "g", "sol1": "one", "sol2": "two", "label": 1}""", TestContext.Current.CancellationToken);

        (int code, string json, string error) = await RunAsync(
            "evaluate", "--model", model, "--perplexity", text, "--convention", "llama.cpp", "--window", "64", "--max-windows", "2",
            "--tasks", "piqa", "--data", _folder, "--limit", "5", "--kv", "kv32", "--json");

        Assert.True(code == ExitCode.Success, error);
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement perplexity = document.RootElement.GetProperty("perplexity");
        Assert.True(perplexity.GetProperty("value").GetDouble() > 1);
        Assert.Equal(2 * 31, perplexity.GetProperty("tokens").GetInt64());
        Assert.Equal(2, perplexity.GetProperty("window_nll").GetArrayLength());
        JsonElement task = document.RootElement.GetProperty("tasks").GetProperty("piqa");
        Assert.Equal(1, task.GetProperty("n").GetInt32());
        Assert.InRange(task.GetProperty("acc").GetDouble(), 0, 1);
        Assert.InRange(task.GetProperty("acc_norm").GetDouble(), 0, 1);
        Assert.Equal(2, task.GetProperty("logprob_sums")[0].GetArrayLength());
    }

    [Fact]
    public async Task Convert_writes_a_checkpoint_that_answers_as_the_first()
    {
        string model = Path.Combine(_folder, "made");
        string converted = Path.Combine(_folder, "converted.gguf");

        (int made, _, string firstError) = await RunAsync("convert", "--random", "llama", "--hidden", "64", "--output", model, "--layers", "2", "--seed", "5");
        (int code, _, string error) = await RunAsync("convert", "--model", model, "--output", converted);
        (_, string before, _) = await RunAsync("generate", "--model", model, "--prompt-tokens", "5,6,7", "--max-tokens", "5", "--json");
        (_, string after, _) = await RunAsync("generate", "--model", converted, "--prompt-tokens", "5,6,7", "--max-tokens", "5", "--json");

        Assert.True(made == ExitCode.Success, firstError);
        Assert.True(code == ExitCode.Success, error);
        using JsonDocument first = JsonDocument.Parse(before);
        using JsonDocument second = JsonDocument.Parse(after);
        Assert.Equal(first.RootElement.GetProperty("token_ids").ToString(), second.RootElement.GetProperty("token_ids").ToString());
    }

    [Fact]
    public async Task A_sparse_random_model_answers_as_its_dense_codes_do()
    {
        string model = Path.Combine(_folder, "sparse");
        string dense = Path.Combine(_folder, "dense");

        (int made, _, string error) = await RunAsync("convert", "--random", "llama", "--type", "int8", "--sparsity", "0.6", "--intermediate", "192", "--output", model);
        (int code, _, string denseError) = await RunAsync("convert", "--model", model, "--format", "pack-quantized", "--output", dense);
        (int refused, _, string reason) = await RunAsync("convert", "--model", model, "--format", "awq", "--output", Path.Combine(_folder, "awq"));
        (_, string json, _) = await RunAsync("inspect", model, "--json");
        (_, string first, _) = await RunAsync("generate", "--model", model, "--prompt-tokens", "5,6,7", "--max-tokens", "8", "--json");
        (_, string second, _) = await RunAsync("generate", "--model", dense, "--prompt-tokens", "5,6,7", "--max-tokens", "8", "--json");

        Assert.Equal((ExitCode.Success, "", ExitCode.Success, ""), (made, error, code, denseError));
        Assert.Equal(ExitCode.Usage, refused);
        Assert.Contains("4 bits", reason, StringComparison.Ordinal);
        using JsonDocument about = JsonDocument.Parse(json);
        Assert.Equal(14, about.RootElement.GetProperty("formats").GetProperty("sparse-codes").GetInt32());
        Assert.InRange(about.RootElement.GetProperty("sparsity").GetDouble(), 0.3, 0.6);
        using JsonDocument one = JsonDocument.Parse(first);
        using JsonDocument other = JsonDocument.Parse(second);
        Assert.Equal(one.RootElement.GetProperty("token_ids").ToString(), other.RootElement.GetProperty("token_ids").ToString());
    }

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private string WriteModel()
    {
        string path = Path.Combine(_folder, "model");
        RandomCheckpoint.Write(path, new RandomCheckpointOptions { ContextLength = 512 });
        return path;
    }

    private static int[] ModelTokens(string model, string text)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model);
        return checkpoint.LoadTokenizer()!.Encode(text);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int code = await CommandLineProgram.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
