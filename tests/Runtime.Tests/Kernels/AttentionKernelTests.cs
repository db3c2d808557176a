using Sparrow.Runtime.Kernels;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Kernels;

/// <summary>Scores, softmax and weighted sums over one block of 32 tokens, of every kernel set, against the scalar definitions.</summary>
public sealed unsafe class AttentionKernelTests
{
    private const int BlockTokens = 32;

    public static TheoryData<string, int> SetsAndHeadSizes
    {
        get
        {
            TheoryData<string, int> data = [];
            foreach (KernelSet set in KernelSet.Available)
            {
                foreach (int headSize in new[] { 1, 16, 20, 24, 64, 80, 96, 128, 256 })
                {
                    data.Add(set.Name, headSize);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(SetsAndHeadSizes))]
    public void Scores_match_the_definition_for_any_number_of_queries(string name, int headSize)
    {
        KernelSet kernels = KernelSet.Select(name);
        using GuardedFloats keys = GuardedFloats.Normal(headSize * BlockTokens, 1);
        using GuardedMemory halves = Halves(keys);
        for (int rows = 1; rows <= 9; rows++)
        {
            using GuardedFloats q = GuardedFloats.Normal(rows * headSize, rows);
            using GuardedFloats expected = new(rows * BlockTokens);
            using GuardedFloats found = new(rows * BlockTokens);
            KernelSet.Reference.KeyScoresF32(q.Pointer, rows, keys.Pointer, headSize, expected.Pointer);
            kernels.KeyScoresF32(q.Pointer, rows, keys.Pointer, headSize, found.Pointer);
            AssertNear(expected.Span, found.Span, Tolerances.Attention(headSize));
            KernelSet.Reference.KeyScoresF16(q.Pointer, rows, halves.Pointer, headSize, expected.Pointer);
            kernels.KeyScoresF16(q.Pointer, rows, halves.Pointer, headSize, found.Pointer);
            AssertNear(expected.Span, found.Span, Tolerances.Attention(headSize));
        }
    }

    [Theory]
    [MemberData(nameof(SetsAndHeadSizes))]
    public void Weighted_sums_match_the_definition_and_read_visible_tokens_only(string name, int headSize)
    {
        KernelSet kernels = KernelSet.Select(name);
        int padded = (headSize + 15) & ~15;
        using GuardedFloats values = GuardedFloats.Normal(padded * BlockTokens, 1);
        foreach ((int first, int end) in new[] { (0, 32), (0, 1), (31, 32), (5, 19) })
        {
            using GuardedFloats visible = GuardedFloats.Of(values.Span);
            visible.Span[..(first * padded)].Fill(float.NaN);
            visible.Span[(end * padded)..].Fill(float.NaN);
            using GuardedMemory halves = Halves(values);
            for (int rows = 1; rows <= 9; rows++)
            {
                using GuardedFloats weights = GuardedFloats.Normal(rows * BlockTokens, rows);
                using GuardedFloats corrections = GuardedFloats.Normal(rows, rows + 1);
                using GuardedFloats expected = GuardedFloats.Normal(rows * padded, rows + 2);
                using GuardedFloats found = GuardedFloats.Of(expected.Span);
                KernelSet.Reference.ValueSumF32(weights.Pointer, rows, visible.Pointer, first, end, padded, corrections.Pointer, expected.Pointer);
                kernels.ValueSumF32(weights.Pointer, rows, visible.Pointer, first, end, padded, corrections.Pointer, found.Pointer);
                AssertNear(expected.Span, found.Span, Tolerances.Attention(BlockTokens));
                KernelSet.Reference.ValueSumF16(weights.Pointer, rows, halves.Pointer, first, end, padded, corrections.Pointer, expected.Pointer);
                kernels.ValueSumF16(weights.Pointer, rows, halves.Pointer, first, end, padded, corrections.Pointer, found.Pointer);
                AssertNear(expected.Span, found.Span, 4 * Tolerances.Attention(BlockTokens));
            }
        }
    }

    [Theory]
    [MemberData(nameof(SetsAndHeadSizes))]
    public void A_query_gets_the_same_bits_whatever_queries_stand_beside_it(string name, int headSize)
    {
        KernelSet kernels = KernelSet.Select(name);
        int padded = (headSize + 15) & ~15;
        const int Rows = 7;
        using GuardedFloats keys = GuardedFloats.Normal(headSize * BlockTokens, 1);
        using GuardedFloats q = GuardedFloats.Normal(Rows * headSize, 2);
        using GuardedFloats together = new(Rows * BlockTokens);
        kernels.KeyScoresF32(q.Pointer, Rows, keys.Pointer, headSize, together.Pointer);
        using GuardedFloats values = GuardedFloats.Normal(padded * BlockTokens, 3);
        using GuardedFloats corrections = GuardedFloats.Normal(Rows, 4);
        using GuardedFloats start = GuardedFloats.Normal(Rows * padded, 5);
        using GuardedFloats sums = GuardedFloats.Of(start.Span);
        kernels.ValueSumF32(together.Pointer, Rows, values.Pointer, 0, 32, padded, corrections.Pointer, sums.Pointer);
        for (int row = 0; row < Rows; row++)
        {
            using GuardedFloats alone = new(BlockTokens);
            kernels.KeyScoresF32(q.Pointer + (row * headSize), 1, keys.Pointer, headSize, alone.Pointer);
            Assert.Equal(alone.Span, together.Span.Slice(row * BlockTokens, BlockTokens));
            using GuardedFloats sum = GuardedFloats.Of(start.Span.Slice(row * padded, padded));
            kernels.ValueSumF32(alone.Pointer, 1, values.Pointer, 0, 32, padded, corrections.Pointer + row, sum.Pointer);
            Assert.Equal(sum.Span, sums.Span.Slice(row * padded, padded));
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Running_softmax_over_blocks_is_the_softmax_of_the_whole(string name)
    {
        KernelSet kernels = KernelSet.Select(name);
        for (int seed = 0; seed < 50; seed++)
        {
            const int Blocks = 5;
            using GuardedFloats scores = GuardedFloats.Normal(Blocks * BlockTokens, seed, seed % 2 == 0 ? 1 : 20);
            int first = seed % 32;
            int end = (seed * 7 % 32) + 1;
            double[] exact = Softmax(scores.Span[first..(((Blocks - 1) * BlockTokens) + end)]);
            float maximum = float.NegativeInfinity;
            float sum = 0;
            double[] weights = new double[Blocks * BlockTokens];
            for (int block = 0; block < Blocks; block++)
            {
                float* x = scores.Pointer + (block * BlockTokens);
                float correction;
                int from = block == 0 ? first : 0;
                int to = block == Blocks - 1 ? end : BlockTokens;
                kernels.SoftmaxBlock(x, 1, &from, &to, &maximum, &sum, &correction);
                for (int i = 0; i < weights.Length; i++)
                {
                    weights[i] *= correction;
                }

                for (int i = 0; i < BlockTokens; i++)
                {
                    weights[(block * BlockTokens) + i] = x[i];
                }
            }

            for (int i = 0; i < weights.Length; i++)
            {
                bool visible = i >= first && i < ((Blocks - 1) * BlockTokens) + end;
                Assert.Equal(visible ? exact[i - first] : 0, weights[i] / sum, 2e-6);
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void A_query_that_sees_nothing_of_a_block_keeps_what_it_has(string name)
    {
        using GuardedFloats scores = GuardedFloats.Normal(2 * BlockTokens, 1);
        int* firsts = stackalloc int[] { 32, 40 };
        int* ends = stackalloc int[] { 32, 32 };
        float* maxima = stackalloc float[] { float.NegativeInfinity, 3 };
        float* sums = stackalloc float[] { 0, 2 };
        float* corrections = stackalloc float[] { 7, 7 };
        KernelSet.Select(name).SoftmaxBlock(scores.Pointer, 2, firsts, ends, maxima, sums, corrections);
        Assert.All(scores.Span.ToArray(), weight => Assert.Equal(0, weight));
        Assert.Equal([float.NegativeInfinity, 3, 0, 2, 1, 1], new[] { maxima[0], maxima[1], sums[0], sums[1], corrections[0], corrections[1] });
    }

    public static TheoryData<string> KernelSets => [.. KernelSet.Available.Select(set => set.Name)];

    [Fact]
    public void Soft_capping_bends_towards_the_cap()
    {
        float[] x = [0, 1, -1, 30, 1000, -1000];
        fixed (float* p = x)
        {
            KernelSet.Reference.SoftCap(p, 30, x.Length);
        }

        Assert.Equal([0, (float)(30 * Math.Tanh(1 / 30.0)), (float)(-30 * Math.Tanh(1 / 30.0)), (float)(30 * Math.Tanh(1)), 30, -30], x);
    }

    private static double[] Softmax(ReadOnlySpan<float> scores)
    {
        double[] result = new double[scores.Length];
        double sum = 0;
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Math.Exp(scores[i]);
            sum += result[i];
        }

        return [.. result.Select(x => x / sum)];
    }

    private static GuardedMemory Halves(GuardedFloats floats)
    {
        GuardedMemory halves = new((long)floats.Span.Length * sizeof(ushort));
        KernelSet.Reference.ToHalf(floats.Pointer, (ushort*)halves.Pointer, floats.Span.Length);
        return halves;
    }

    private static void AssertNear(ReadOnlySpan<float> expected, ReadOnlySpan<float> found, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs((double)expected[i] - found[i]) <= tolerance, $"At {i}: {found[i]:g9} instead of {expected[i]:g9}.");
        }
    }
}
