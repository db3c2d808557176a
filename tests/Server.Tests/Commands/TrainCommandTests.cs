using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Peft;
using Sparrow.Runtime.Models;
using Sparrow.Server.Commands;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Commands;

public sealed partial class TrainCommandTests : IDisposable
{
    private static readonly string[] s_sentences =
    [
        "The red fox runs over the hill.", "Seven ships sail to the north.", "My aunt bakes bread on Sundays.", "A clock without hands tells no time.",
        "Rain falls softly on the roof.", "The king lost his golden crown.", "Two birds sing in the old tree.", "We drink tea when it is cold.",
        "The train leaves at nine sharp.", "Nobody knows where the cat sleeps.",
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sparrow-train-");
    private readonly TinyModel _model = TinyModel.Create();

    [Theory, InlineData("weights", "3e-3", "60"), InlineData("lora", "1e-2", "120")]
    public async Task Ten_sentences_are_learned_by_heart(string method, string rate, string steps)
    {
        // The random model can hardly say that a text ends while its head is frozen, so adapters get the sentences as one text without ends.
        string text = Lines(s_sentences.Select(sentence => JsonSerializer.Serialize(new { text = sentence })));
        if (method == "lora")
        {
            text = Path.Combine(_folder.FullName, "text.txt");
            await File.WriteAllLinesAsync(text, s_sentences, TestContext.Current.CancellationToken);
        }

        (int code, string output, string error) = await RunAsync(
            text, "--model", _model.Folder, "--method", method, "--rank", "32", "--alpha", "64", "--length", "64", "--batch", "8", "--steps", steps, "--rate", rate);

        Assert.True(code == ExitCode.Success, error);
        double last = double.Parse(Loss().Match(output).Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        Assert.True(last < 0.05, output);
        Assert.Contains($"step {steps} of {steps}", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Out + ".training"));

        // What was written says the same: it goes on from the first sentence's beginning.
        StringWriter said = new();
        Assert.Equal(0, await CommandLineProgram.RunAsync(["generate", "--model", Out, "--prompt", "The red fox", "--max-tokens", "24", "--temperature", "0"], said, said));
        Assert.Contains("runs over the hill.", said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_model_learns_conversations_with_a_tokenizer_of_its_own()
    {
        string text = Lines(Enumerable.Repeat("""{"messages":[{"role":"user","content":"What is your name?"},{"role":"assistant","content":"I am small."}]}""", 40));
        (int code, string output, string error) = await RunAsync(
            text, "--new", "--hidden", "32", "--layers", "2", "--heads", "2", "--kv-heads", "1", "--intermediate", "64", "--vocabulary", "300", "--length", "64",
            "--steps", "80", "--rate", "1e-2");

        Assert.True(code == ExitCode.Success, error);
        Assert.Contains("Wrote", output, StringComparison.Ordinal);
        using Checkpoint checkpoint = Checkpoint.Open(Out);
        Assert.True(checkpoint.Config.TiedEmbeddings);
        StringWriter said = new();
        Assert.Equal(0, await CommandLineProgram.RunAsync(["generate", "--model", Out, "--chat", "--prompt", "What is your name?", "--max-tokens", "24", "--temperature", "0"], said, said));
        Assert.Contains("I am small.", said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Adapters_written_alone_compute_what_they_compute_merged()
    {
        string text = Lines(s_sentences.Select(sentence => JsonSerializer.Serialize(new { text = sentence })));
        string[] arguments = ["--model", _model.Folder, "--method", "lora", "--rora", "--length", "64", "--steps", "6", "--rate", "2e-2"];
        Assert.Equal(ExitCode.Success, (await RunAsync(text, [.. arguments, "--unmerged"])).Code);
        string adapter = Out + "-adapter";
        Directory.Move(Out, adapter);
        Assert.Equal(["adapter_config.json", "adapter_model.safetensors"], Directory.GetFiles(adapter).Select(Path.GetFileName).Order());
        Assert.Equal(ExitCode.Success, (await RunAsync(text, arguments)).Code);

        float[] plain = Logits(_model.Folder, null);
        float[] expected = Logits(Out, null);
        float[] beside = Logits(_model.Folder, adapter);
        float largest = expected.Max(Math.Abs);
        Assert.True(Difference(expected, plain) > 0.05 * largest, "The training changes the answers.");
        Assert.True(Difference(expected, beside) < 2e-5 * largest);

        // The command line computes with it too.
        StringWriter said = new();
        Assert.Equal(0, await CommandLineProgram.RunAsync(["generate", "--model", _model.Folder, "--adapter", adapter, "--prompt", "The red fox", "--max-tokens", "16"], said, said));
        StringWriter merged = new();
        Assert.Equal(0, await CommandLineProgram.RunAsync(["generate", "--model", Out, "--prompt", "The red fox", "--max-tokens", "16"], merged, merged));
        Assert.Equal(merged.ToString(), said.ToString());
        Assert.Equal(ExitCode.Usage, (await RunAsync(text, "--model", _model.Folder, "--method", "weights", "--unmerged")).Code);
    }

    [Fact]
    public async Task Masked_adapters_leave_zeros_zero_merged_or_beside_the_weights()
    {
        using TinyModel sparse = TinyModel.Create(new RandomCheckpointOptions { Sparsity = 0.6 });
        string text = Lines(s_sentences.Select(sentence => JsonSerializer.Serialize(new { text = sentence })));
        string[] arguments = ["--model", sparse.Folder, "--method", "masked-lora", "--length", "64", "--steps", "5", "--rate", "1e-2"];
        (int code, _, string error) = await RunAsync(text, [.. arguments, "--unmerged"]);
        Assert.True(code == ExitCode.Success, error);
        string adapter = Out + "-adapter";
        Directory.Move(Out, adapter);
        (code, _, error) = await RunAsync(text, arguments);
        Assert.True(code == ExitCode.Success, error);

        // What is held apart is rounded to bf16.
        float[] expected = Logits(Out, null);
        float[] beside = Logits(sparse.Folder, adapter);
        float trained = Difference(expected, Logits(sparse.Folder, null));
        Assert.True(trained > 0.05 * expected.Max(Math.Abs), "The training changes the answers.");
        Assert.True(Difference(expected, beside) < trained / 100, $"{Difference(expected, beside)} of {trained}");
        using Checkpoint before = Checkpoint.Open(sparse.Folder);
        using Checkpoint after = Checkpoint.Open(Out);
        const string Name = "model.layers.1.mlp.down_proj.weight";
        float[] old = new float[128];
        float[] now = new float[128];
        bool moved = false;
        for (int row = 0; row < 64; row++)
        {
            before.ReadRow(Name, row, old);
            after.ReadRow(Name, row, now);
            for (int i = 0; i < old.Length; i++)
            {
                Assert.True(old[i] != 0 || now[i] == 0, "A pruned weight has come back.");
                moved |= old[i] != now[i];
            }
        }

        Assert.True(moved);
    }

    [Theory]
    [InlineData("text.txt", "", "the text is empty")]
    [InlineData("text.txt", "Short.", "fewer than one sequence of 64")]
    [InlineData("text.jsonl", "\n", "holds no document")]
    [InlineData("text.jsonl", "nonsense", "line 1: no JSON")]
    [InlineData("text.jsonl", """{"text":""}""", "line 1: expected \"text\"")]
    [InlineData("text.jsonl", """{"messages":[{"role":"robot","content":"x"}]}""", "messages[0].role is 'robot'; expected system, user or assistant")]
    [InlineData("text.jsonl", """{"messages":[{"role":"assistant","content":"x"}]}""", "must follow a message of the user")]
    [InlineData("text.jsonl", """{"messages":[{"role":"user","content":5}]}""", "messages[0].content is no string")]
    public async Task Bad_texts_are_refused_with_place_and_reason(string name, string content, string expected)
    {
        string path = Path.Combine(_folder.FullName, name);
        await File.WriteAllTextAsync(path, content, TestContext.Current.CancellationToken);
        (int code, _, string error) = await RunAsync(path, "--model", _model.Folder, "--length", "64");

        Assert.Equal(ExitCode.Failure, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public async Task A_tokenizer_of_another_model_is_noticed()
    {
        using TinyModel small = TinyModel.Create(new RandomCheckpointOptions { Tokenizer = false, VocabularySize = 100 });
        foreach (string file in Directory.GetFiles(_model.Folder, "tokenizer*"))
        {
            File.Copy(file, Path.Combine(small.Folder, Path.GetFileName(file)));
        }

        string text = Lines(s_sentences.Select(sentence => JsonSerializer.Serialize(new { text = sentence })));
        (int code, _, string error) = await RunAsync(text, "--model", small.Folder, "--length", "64");

        Assert.Equal(ExitCode.Failure, code);
        Assert.Contains("tokenised for another model", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_diverges_names_the_step_and_can_be_looked_into()
    {
        string text = Lines(s_sentences.Select(sentence => JsonSerializer.Serialize(new { text = sentence })));
        (int code, _, string error) = await RunAsync(text, "--model", _model.Folder, "--length", "64", "--steps", "50", "--rate", "1e30", "--clip", "0");

        Assert.Equal(ExitCode.Failure, code);
        Assert.Matches(@"step \d+: .* is not finite", error);
        Assert.True(File.Exists(Path.Combine(Out + ".training", "state.bin")));
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public async Task Options_that_contradict_each_other_end_with_2()
    {
        string text = Lines(["{}"]);
        Assert.Equal(ExitCode.Usage, (await RunAsync(text)).Code);
        Assert.Equal(ExitCode.Usage, (await RunAsync(text, "--new", "--model", "x")).Code);
        Assert.Equal(ExitCode.Usage, (await RunAsync(text, "--new", "--method", "lora")).Code);
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    private string Out => Path.Combine(_folder.FullName, "out");

    [GeneratedRegex(@"([\d.]+) at last")]
    private static partial Regex Loss();

    private static float Difference(float[] one, float[] other) => one.Zip(other, (a, b) => Math.Abs(a - b)).Max();

    private static float[] Logits(string model, string? adapter)
    {
        using LoadedModel loaded = ModelLoader.Load(model, new InferenceOptions { KvProfile = "kv32", MaxRunning = 1 });
        loaded.Attach(adapter is null ? [] : [AdapterLoader.Load("a", adapter, loaded)]);
        StepBatch batch = new(16, 1);
        batch.Add([.. Enumerable.Range(1, 16)], 0, [], 0, 16, adapter is null ? StepSequence.NoAdapter : 0);
        return loaded.StepModel.Forward(batch).ToArray();
    }

    private string Lines(IEnumerable<string> lines)
    {
        string path = Path.Combine(_folder.FullName, "lines.jsonl");
        File.WriteAllLines(path, lines);
        return path;
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(string text, params string[] arguments)
    {
        StringWriter output = new();
        StringWriter error = new();
        int code = await CommandLineProgram.RunAsync(["train", "--text", text, "--out", Out, .. arguments], output, error);
        return (code, output.ToString(), error.ToString());
    }
}
