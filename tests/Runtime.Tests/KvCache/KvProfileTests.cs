using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Xunit;

namespace Sparrow.Runtime.Tests.KvCache;

public sealed class KvProfileTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".json");

    // Effective bits of Llama-3.1-8B's shape (heads of 128): a group of 128 adds a quarter of a bit; one of 32, as KIVI's keys have, a whole one.
    [Theory]
    [InlineData("kv32", 32)]
    [InlineData("kv16", 16)]
    [InlineData("kv8", 8.25)]
    [InlineData("k8v4", 6.25)]
    [InlineData("kv4", 4.25)]
    [InlineData("k4v2", 3.25)]
    [InlineData("kivi4", 4.625)]
    [InlineData("kivi2", 2.625)]
    public void Effective_bits_count_scales(string preset, double bits)
    {
        Assert.Equal(bits, KvProfile.Preset(preset, 4).EffectiveBits(128), 1e-12);
    }

    [Fact]
    public void Groups_of_32_values_as_published_cost_a_quarter_of_a_bit_more()
    {
        Assert.Equal(4.75, KvProfile.Preset("kivi4", 2).EffectiveBits(64), 1e-12);
        KvProfile profile = KvProfile.Preset("kivi4", 2) with { ValueGroup = 32 };
        Assert.Equal(5, profile.EffectiveBits(64), 1e-12);
        Assert.NotEqual(KvProfile.Preset("kivi4", 2).Digest, profile.Digest);
    }

    // The design's formulas: by token P·D·(bK + bV)/8 and 8 bytes a token; KIVI 4·D·(P/32) + 4·P·(D/32) bytes of scales and minima.
    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(96)]
    [InlineData(128)]
    [InlineData(256)]
    public void Bytes_of_a_block_are_those_of_the_formulas(int headSize)
    {
        const int KvHeads = 3;
        const int P = KvLayout.BlockTokens;
        KvShape shape = new(2, KvHeads, headSize);
        foreach (int keyBits in new[] { 8, 4, 2 })
        {
            foreach (int valueBits in new[] { 8, 4, 2 })
            {
                KvPair pair = new(keyBits, valueBits);
                long codes = P * headSize * (keyBits + valueBits) / 8;
                KvProfile perToken = KvProfile.Uniform("a", 2, pair);
                KvProfile kivi = KvProfile.Uniform("b", 2, pair, KvQuantizerMode.Kivi) with { ValueGroup = 32 };
                KvProfile wholeHead = KvProfile.Uniform("c", 2, pair, KvQuantizerMode.Kivi);
                Assert.Equal(2 * KvHeads * (codes + (8 * P)), PagedKvCache.PlanBlockBytes(shape, perToken));
                Assert.Equal(2 * KvHeads * (codes + (4 * headSize) + (4 * P * headSize / 32)), PagedKvCache.PlanBlockBytes(shape, kivi));
                Assert.Equal(2 * KvHeads * (codes + (4 * headSize) + (4 * P)), PagedKvCache.PlanBlockBytes(shape, wholeHead));
                Assert.Equal(
                    perToken.EffectiveBits(headSize), 8.0 * PagedKvCache.PlanBlockBytes(shape, perToken) / (2 * 2 * KvHeads * P * headSize), 1e-9);
                Assert.Equal(kivi.EffectiveBits(headSize), 8.0 * PagedKvCache.PlanBlockBytes(shape, kivi) / (2 * 2 * KvHeads * P * headSize), 1e-9);
            }
        }
    }

    [Fact]
    public void A_file_gives_back_what_was_written()
    {
        KvProfile profile = new("tuned", [new KvPair(8, 4), new KvPair(16, 2), new KvPair(32, 8)])
        {
            Mode = KvQuantizerMode.Kivi,
            ValueGroup = 64,
            Source = "a search",
            Cost = new Dictionary<string, double> { ["kl"] = 0.0125 },
        };
        KvProfileFile.Write(_path, profile);

        KvProfile read = KvProfile.Resolve(_path, 3);

        Assert.Equal(Path.GetFileName(_path), read.Name);
        Assert.Equal(profile.Digest, read.Digest);
        Assert.Equal(profile.Pairs, read.Pairs);
        Assert.Equal("a search", read.Source);
        Assert.Equal(0.0125, read.Cost!["kl"]);
    }

    [Fact]
    public void The_smallest_file_is_a_mode_and_pairs()
    {
        File.WriteAllText(_path, """{"mode":"kivi","pairs":[[8,4],[4,2]]}""");

        KvProfile profile = KvProfile.Resolve(_path, 2);

        Assert.Equal(KvQuantizerMode.Kivi, profile.Mode);
        Assert.Equal((0, 16), (profile.ValueGroup, profile.ScaleBits));
        Assert.Equal([new KvPair(8, 4), new KvPair(4, 2)], profile.Pairs);
    }

    [Theory]
    [InlineData("[1]", "expected an object")]
    [InlineData("{", "expected a KV profile")]
    [InlineData("""{"pairs":[[8,4],[8,4]]}""", "field 'mode'")]
    [InlineData("""{"mode":"per-token","pairs":[[8,4],[8,4]]}""", "expected per_token or kivi; found \"per-token\"")]
    [InlineData("""{"mode":"kivi","pairs":[[8,4]]}""", "field 'pairs': the profile is for another number of layers; expected 2 pairs; found 1")]
    [InlineData("""{"mode":"kivi","pairs":7}""", "field 'pairs'")]
    [InlineData("""{"mode":"kivi","pairs":[[8,4],[8]]}""", "field 'pairs[1]'")]
    [InlineData("""{"mode":"kivi","pairs":[[8,4],[8,5]]}""", "field 'pairs[1][1]': the member cannot be used; expected 32, 16, 8, 4 or 2; found 5")]
    [InlineData("""{"mode":"kivi","pairs":[[8,4],[8,4]],"value_group":24}""", "field 'value_group'")]
    [InlineData("""{"mode":"kivi","pairs":[[8,4],[8,4]],"scale_bits":8}""", "field 'scale_bits'")]
    [InlineData("""{"mode":"kivi","pairs":[[8,4],[8,4]],"cost":{"kl":"low"}}""", "field 'cost.kl'")]
    [InlineData("""{"mode":"kivi","pairs":[[8,4],[8,4]],"groups":8}""", "field 'groups'")]
    public void A_bad_file_is_refused_with_file_and_field(string json, string message)
    {
        File.WriteAllText(_path, json);

        CheckpointException error = Assert.Throws<CheckpointException>(() => KvProfile.Resolve(_path, 2));

        Assert.Contains(_path, error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_digest_follows_the_content_and_not_the_name()
    {
        KvProfile preset = KvProfile.Preset("kv4", 3);
        Assert.Equal(preset.Digest, (preset with { Name = "other" }).Digest);
        string[] digests = [.. KvProfile.Presets.Select(name => KvProfile.Preset(name, 3).Digest)];
        Assert.Equal(digests.Length, digests.Distinct().Count());
    }

    public void Dispose() => File.Delete(_path);
}
