using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.KvCache;
using Xunit;

namespace Sparrow.Runtime.Tests.KvCache;

public sealed unsafe class PagedKvCacheTests
{
    [Theory]
    [InlineData(64, 23_040, 46_080)]
    [InlineData(20, 9_360, 18_720)]
    public void Bytes_of_a_token_follow_from_the_profile_and_the_padded_head(int headSize, long half, long full)
    {
        KvShape shape = new(30, 3, headSize);
        Assert.Equal(half * 32, PagedKvCache.PlanBlockBytes(shape, KvProfile.Preset("kv16", 30)));
        Assert.Equal(full * 32, PagedKvCache.PlanBlockBytes(shape, KvProfile.Preset("kv32", 30)));
        using PagedKvCache cache = new(shape, KvProfile.Preset("kv16", 30), 3, 2, 64, KernelSet.Reference);
        Assert.Equal(half, cache.BytesPerToken);
        Assert.Equal(0, cache.StagingBlockCount);
    }

    [Fact]
    public void A_profile_for_another_number_of_layers_is_refused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => new PagedKvCache(new KvShape(2, 1, 16), KvProfile.Preset("kv16", 3), 1, 1, 32, KernelSet.Reference));
        Assert.Contains("3 pairs for a model of 2 layers", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_of_blocks_and_slots_never_overlap()
    {
        KvShape shape = new(3, 2, 24);
        KvProfile profile = new("mixed", [new KvPair(32, 16), new KvPair(16, 32), new KvPair(16, 16)]);
        using PagedKvCache cache = new(shape, profile, 4, 3, 64, KernelSet.Reference);
        List<(long Start, long End)> ranges = [];
        for (int layer = 0; layer < 3; layer++)
        {
            for (int head = 0; head < 2; head++)
            {
                for (int block = 0; block < 4; block++)
                {
                    Note(cache.Sealed(layer, head, block));
                }

                for (int slot = 0; slot < 3; slot++)
                {
                    Note(cache.Open(layer, head, slot));
                }
            }
        }

        ranges.Sort();
        for (int i = 1; i < ranges.Count; i++)
        {
            Assert.True(ranges[i - 1].End <= ranges[i].Start);
        }

        void Note(KvHeadBlock block)
        {
            Assert.Equal(0, (long)block.Keys % 64);
            Assert.Equal(0, (long)block.Values % 64);
            ranges.Add(((long)block.Keys, (long)block.Keys + block.KeyCodec.KeyBytes(24)));
            ranges.Add(((long)block.Values, (long)block.Values + block.ValueCodec.ValueBytes(24)));
        }
    }

    [Fact]
    public void A_block_filling_in_a_lossy_profile_is_staged_open_and_sealed_rounded()
    {
        // One layer of 32 bits makes open blocks floats, so that sealing the other as halves loses something.
        const int HeadSize = 20;
        KvShape shape = new(2, 1, HeadSize);
        KvProfile profile = new("mixed", [new KvPair(16, 16), new KvPair(32, 32)]);
        using PagedKvCache cache = new(shape, profile, 2, 1, 64, KernelSet.Best);
        Assert.True(cache.StagingBlockCount > 0);
        float[] keys = Values(32 * HeadSize, 1);
        float[] values = Values(32 * HeadSize, 2);
        float[] q = Values(HeadSize, 3);
        float* scores = stackalloc float[32];
        fixed (float* k = keys, v = values, x = q)
        {
            KvHeadBlock staged = cache.Filling(0, 0, 1, 0);
            KvHeadBlock target = cache.Sealed(0, 0, 1);
            Assert.True(staged.Keys != target.Keys && staged.Values != target.Values);
            cache.Write(staged, k, v, HeadSize, 20, 0);
            cache.Write(staged, k + (20 * HeadSize), v + (20 * HeadSize), HeadSize, 12, 20);
            cache.Seal(staged, target);

            staged.KeyCodec.Scores(x, 1, staged.Keys, HeadSize, scores);
            for (int j = 0; j < 32; j++)
            {
                Assert.Equal(Dot(q, keys.AsSpan(j * HeadSize, HeadSize), rounded: false), scores[j], 1e-5);
            }

            target.KeyCodec.Scores(x, 1, target.Keys, HeadSize, scores);
            for (int j = 0; j < 32; j++)
            {
                Assert.Equal(Dot(q, keys.AsSpan(j * HeadSize, HeadSize), rounded: true), scores[j], 1e-5);
            }

            // One token's weight picks its value.
            float* weights = stackalloc float[32];
            float* result = stackalloc float[32];
            new Span<float>(weights, 32).Clear();
            new Span<float>(result, 32).Clear();
            weights[21] = 1;
            float correction = 1;
            target.ValueCodec.ValueSum(weights, 1, target.Values, 0, 32, HeadSize, &correction, result);
            for (int d = 0; d < HeadSize; d++)
            {
                Assert.Equal((float)(Half)values[(21 * HeadSize) + d], result[d]);
            }

            KvHeadBlock exact = cache.Filling(1, 0, 1, 0);
            Assert.True(exact.Keys == cache.Sealed(1, 0, 1).Keys);
        }
    }

    [Fact]
    public void A_copied_slot_holds_what_the_first_one_held()
    {
        KvShape shape = new(2, 2, 16);
        using PagedKvCache cache = new(shape, KvProfile.Preset("kv16", 2), 1, 3, 32, KernelSet.Best);
        float[] keys = Values(5 * 16, 1);
        fixed (float* k = keys)
        {
            cache.Write(cache.Open(1, 1, 0), k, k, 16, 5, 0);
        }

        cache.CopyOpenSlot(0, 2, 5);
        KvHeadBlock from = cache.Open(1, 1, 0);
        KvHeadBlock to = cache.Open(1, 1, 2);
        int bytes = from.KeyCodec.KeyBytes(16);
        Assert.Equal(new ReadOnlySpan<byte>(from.Keys, bytes), new ReadOnlySpan<byte>(to.Keys, bytes));
        Assert.Contains(new ReadOnlySpan<byte>(to.Keys, bytes).ToArray(), value => value != 0);
        Assert.Equal(new ReadOnlySpan<byte>(from.Values, bytes), new ReadOnlySpan<byte>(to.Values, bytes));
    }

    private static float[] Values(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }

    private static double Dot(ReadOnlySpan<float> q, ReadOnlySpan<float> key, bool rounded)
    {
        double sum = 0;
        for (int d = 0; d < q.Length; d++)
        {
            sum += (double)q[d] * (rounded ? (float)(Half)key[d] : key[d]);
        }

        return sum;
    }
}
