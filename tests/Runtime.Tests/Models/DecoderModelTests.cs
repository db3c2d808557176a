using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tests.KvCache;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Models;

public sealed class DecoderModelTests
{
    public static TheoryData<string> KernelSets => [.. KernelSet.Available.Select(set => set.Name)];

    public static TheoryData<string, string> SetsAndProfiles
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (KernelSet set in KernelSet.Available)
            {
                data.Add(set.Name, "kv32");
                data.Add(set.Name, "kv16");
                data.Add(set.Name, "k8v4");
                data.Add(set.Name, "kivi2");
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(SetsAndProfiles))]
    public void Chunks_of_any_size_give_the_same_bits(string kernels, string profile)
    {
        using TinyModel model = TinyModel.Create();
        using DecoderRun run = Load(model, kernels, profile);
        int[] tokens = Tokens(run, 150, seed: 1);
        float[][] whole = run.Score(tokens, tokens.Length);
        foreach (int chunk in new[] { 1, 7, 32, 33, 64, 100 })
        {
            Assert.Equal(whole, run.Score(tokens, chunk));
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Chunks_give_the_same_bits_in_any_profile(string kernels)
    {
        using TinyModel model = TinyModel.Create();
        for (int seed = 0; seed < 8; seed++)
        {
            using DecoderRun run = Load(model, kernels, RandomProfile.Write(model.Folder, seed));
            int[] tokens = Tokens(run, 150, seed);
            float[][] whole = run.Score(tokens, 500);
            foreach (int chunk in new[] { 1, 7, 32 })
            {
                Assert.Equal(whole, run.Score(tokens, chunk));
            }
        }
    }

    [Theory]
    [MemberData(nameof(SetsAndProfiles))]
    public void Sequences_in_one_batch_get_the_bits_they_get_alone(string kernels, string profile)
    {
        using TinyModel model = TinyModel.Create();
        using DecoderRun run = Load(model, kernels, profile);
        int[][] prompts = [Tokens(run, 70, seed: 2), Tokens(run, 33, seed: 3), Tokens(run, 64, seed: 4)];
        float[][][] alone = [.. prompts.Select(prompt => run.Score(prompt, 16))];

        // The three advance together, by different numbers of tokens each step.
        CachedSequence[] sequences = [.. prompts.Select(prompt => run.Start(prompt.Length))];
        int[] counts = [5, 3, 7];
        while (true)
        {
            run.Batch.Clear();
            List<(int Sequence, int Position)> rows = [];
            for (int i = 0; i < prompts.Length; i++)
            {
                int count = Math.Min(counts[i], prompts[i].Length - sequences[i].Length);
                if (count > 0)
                {
                    CachedSequence sequence = sequences[i];
                    run.Batch.Add(prompts[i].AsSpan(sequence.Length, count), sequence.Length, sequence.BlockTable, sequence.OpenSlot, count);
                    rows.AddRange(Enumerable.Range(sequence.Length, count).Select(position => (i, position)));
                    sequence.Length += count;
                }
            }

            if (rows.Count == 0)
            {
                break;
            }

            float[] logits = run.Decoder.Forward(run.Batch).ToArray();
            for (int row = 0; row < rows.Count; row++)
            {
                Assert.Equal(alone[rows[row].Sequence][rows[row].Position], logits[(row * run.VocabularySize)..((row + 1) * run.VocabularySize)]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Whole_sequences_without_pages_give_the_bits_of_the_float_cache(string kernels)
    {
        using TinyModel model = TinyModel.Create();
        using DecoderRun run = Load(model, kernels, "kv32");
        int[] first = Tokens(run, 75, seed: 5);
        int[] second = Tokens(run, 20, seed: 6);
        float[][] together = LaboratoryWalk.Logits(run.Decoder.Model, first, second);
        Assert.Equal(run.Score(first, 32), together[..first.Length]);
        Assert.Equal(run.Score(second, 32), together[first.Length..]);
    }

    [Fact]
    public void A_copied_open_slot_goes_on_like_the_one_it_came_from()
    {
        using TinyModel model = TinyModel.Create();
        using DecoderRun run = Load(model, "auto", "kv16");
        int[] tokens = Tokens(run, 60, seed: 7);
        float[][] expected = run.Score(tokens, 60);

        CachedSequence first = run.Start(64);
        run.Feed(first, tokens.AsSpan(0, 45), 45, 0);
        CachedSequence fresh = run.Start(64);
        run.Decoder.CopyOpenSlot(first.OpenSlot, fresh.OpenSlot, 45 % 32);
        CachedSequence second = new([first.BlockTable[0], fresh.BlockTable[0]], fresh.OpenSlot) { Length = 45 };
        Assert.Equal(expected[45..], run.Feed(second, tokens.AsSpan(45), 15, 15));
        Assert.Equal(expected[45..], run.Feed(first, tokens.AsSpan(45), 4, 15));
    }

    [Theory]
    [InlineData("kv16")]
    [InlineData("k4v2")]
    [InlineData("kivi4")]
    public void A_forward_pass_allocates_nothing(string profile)
    {
        using TinyModel model = TinyModel.Create();
        using DecoderRun run = Load(model, "auto", profile);
        int[] tokens = Tokens(run, 200, seed: 8);
        CachedSequence one = run.Start(200);
        CachedSequence two = run.Start(200);

        void Step(int count)
        {
            run.Batch.Clear();
            run.Batch.Add(tokens.AsSpan(one.Length, count), one.Length, one.BlockTable, one.OpenSlot, 1);
            run.Batch.Add(tokens.AsSpan(two.Length, 1), two.Length, two.BlockTable, two.OpenSlot, 1);
            run.Decoder.Forward(run.Batch);
            one.Length += count;
            two.Length++;
        }

        // Buffers that are made on first use, and the compiler's own, come before.
        for (int i = 0; i < 40; i++)
        {
            Step(i % 2 == 0 ? 1 : 3);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 40; i++)
        {
            Step(i % 2 == 0 ? 1 : 4);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static DecoderRun Load(TinyModel model, string kernels, string profile) => new(model.Folder, new InferenceOptions
    {
        Kernels = kernels,
        KvProfile = profile,
        KvCacheBytes = 8 << 20,
        MaxRunning = 4,
        MaxBatchedTokens = 160,
    });

    private static int[] Tokens(DecoderRun run, int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(run.VocabularySize))];
    }
}
