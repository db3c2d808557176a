using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Peft;
using Sparrow.Runtime.Models;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Models;

/// <summary>Adapters beside a model: whose rows they change, and that nobody's bits depend on company.</summary>
public sealed class DecoderAdapterTests : IDisposable
{
    private const int Context = 128;
    private const int PromptTokens = 70;

    private readonly TinyModel _tiny = TinyModel.Create(new RandomCheckpointOptions { ContextLength = Context, AttentionBias = true, Sparsity = 0.5 });

    [Theory]
    [InlineData("scalar", null, false)]
    [InlineData("portable", null, false)]
    [InlineData("auto", null, false)]
    [InlineData("auto", "q8_0", false)]
    [InlineData("scalar", "q4_0", false)]
    [InlineData("scalar", null, true)]
    [InlineData("portable", "q8_0", true)]
    [InlineData("auto", null, true)]
    public void Rows_have_the_same_bits_alone_and_in_company(string kernels, string? format, bool masked)
    {
        string path = Model(format);
        using DecoderRun plain = new(path, Options(kernels));
        using DecoderRun run = Adapted(path, kernels, masked);
        int[] adapters = [StepSequence.NoAdapter, 0, 1, 1, StepSequence.NoAdapter, 0, 1];
        int[] tokens = Tokens(run.VocabularySize);
        float[][] alone = [.. adapters.Select(adapter => Last(run, tokens, adapter, chunk: 32))];
        Assert.Equal(Last(plain, tokens, StepSequence.NoAdapter, chunk: 32), alone[0]);
        Assert.NotEqual(alone[0], alone[1]);
        Assert.NotEqual(alone[1], alone[2]);

        // All at once: in steps that cut each sequence elsewhere, and in one step that is longer than a group of rows.
        Assert.Equal(alone, Together(run, tokens, adapters, [5, 17, 32, 11, 64, 1, 3]));
        Assert.Equal(alone, Together(run, tokens, adapters, [.. adapters.Select(_ => PromptTokens)]));
    }

    [Fact]
    public void An_adapter_of_some_linears_leaves_the_others_as_they_are()
    {
        string folder = Path.Combine(_tiny.Folder, "down");
        TinyAdapter.Write(folder, _tiny.Folder, includes: name => name.EndsWith("1.mlp.down_proj.weight", StringComparison.Ordinal));
        using DecoderRun run = new(_tiny.Folder, Options("auto"));
        run.Loaded.Attach([AdapterLoader.Load("down", folder, run.Loaded)]);
        Assert.Equal(1, run.Loaded.Adapters[0].LinearCount);
        Assert.Equal(4, run.Loaded.Adapters[0].Rank);
        int[] tokens = Tokens(run.VocabularySize);
        Assert.NotEqual(Last(run, tokens, StepSequence.NoAdapter, 32), Last(run, tokens, 0, 32));
    }

    [Fact]
    public void A_model_finds_its_adapters_by_name_and_takes_them_once()
    {
        using DecoderRun run = Adapted(_tiny.Folder, "auto");
        Assert.Equal(0, run.Decoder.FindAdapter("a"));
        Assert.Equal(1, run.Decoder.FindAdapter("b"));
        Assert.Equal(StepSequence.NoAdapter, run.Decoder.FindAdapter("c"));
        Assert.Throws<InvalidOperationException>(() => run.Loaded.Attach([]));
    }

    public void Dispose() => _tiny.Dispose();

    private static InferenceOptions Options(string kernels) => new() { KvProfile = "kv32", MaxRunning = 8, Kernels = kernels, ContextLength = Context };

    private static int[] Tokens(int vocabulary) => [.. Enumerable.Range(0, PromptTokens).Select(i => ((i * 37) + 11) % vocabulary)];

    private string Model(string? format)
    {
        if (format is null)
        {
            return _tiny.Folder;
        }

        string path = Path.Combine(_tiny.Folder, "tiny.gguf");
        using Checkpoint source = Checkpoint.Open(_tiny.Folder);
        CheckpointConverter.Convert(source, path, new ConvertOptions { Container = "gguf", Type = format });
        return path;
    }

    private DecoderRun Adapted(string path, string kernels, bool masked = false)
    {
        DecoderRun run = new(path, Options(kernels));

        // Ranks below a panel of 16, and above a group of 32.
        run.Loaded.Attach(
        [
            AdapterLoader.Load("a", TinyAdapter.Write(Path.Combine(_tiny.Folder, "a"), _tiny.Folder, seed: 1, rank: 5, masked: masked), run.Loaded),
            AdapterLoader.Load("b", TinyAdapter.Write(Path.Combine(_tiny.Folder, "b"), _tiny.Folder, seed: 2, rank: 40), run.Loaded),
        ]);
        return run;
    }

    private static float[][] Together(DecoderRun run, int[] tokens, int[] adapters, int[] chunks)
    {
        CachedSequence[] sequences = [.. adapters.Select(_ => run.Start(Context))];
        float[][] together = new float[adapters.Length][];
        while (sequences.Any(sequence => sequence.Length < tokens.Length))
        {
            run.Batch.Clear();
            List<int> ended = [];
            for (int i = 0; i < sequences.Length; i++)
            {
                int count = Math.Min(chunks[i], tokens.Length - sequences[i].Length);
                if (count > 0)
                {
                    bool ends = sequences[i].Length + count == tokens.Length;
                    run.Batch.Add(
                        tokens.AsSpan(sequences[i].Length, count), sequences[i].Length, sequences[i].BlockTable, sequences[i].OpenSlot, ends ? 1 : 0, adapters[i]);
                    sequences[i].Length += count;
                    ended.AddRange(ends ? [i] : []);
                }
            }

            ReadOnlySpan<float> logits = run.Decoder.Forward(run.Batch);
            for (int row = 0; row < ended.Count; row++)
            {
                together[ended[row]] = logits.Slice(row * run.VocabularySize, run.VocabularySize).ToArray();
            }
        }

        Array.ForEach(sequences, run.End);
        return together;
    }

    private static float[] Last(DecoderRun run, int[] tokens, int adapter, int chunk)
    {
        CachedSequence sequence = run.Start(Context);
        float[] logits = [];
        for (int start = 0; start < tokens.Length; start += chunk)
        {
            int count = Math.Min(chunk, tokens.Length - start);
            run.Batch.Clear();
            run.Batch.Add(tokens.AsSpan(start, count), start, sequence.BlockTable, sequence.OpenSlot, start + count == tokens.Length ? 1 : 0, adapter);
            logits = run.Decoder.Forward(run.Batch).ToArray();
        }

        run.End(sequence);
        Assert.Equal(run.VocabularySize, logits.Length);
        return logits;
    }
}
