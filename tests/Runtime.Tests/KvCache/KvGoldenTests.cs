using System.Text.Json;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Threading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.KvCache;

/// <summary>Quantisers and paged attention against the reference values.</summary>
public sealed unsafe class KvGoldenTests
{
    public static TheoryData<string> KernelSets => [.. KernelSet.Available.Select(set => set.Name)];

    // Where the reference has every key quantised, the query's own page too, the cache has nothing to compare: those cases are left out.
    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Attention_over_sealed_pages_is_the_references(string kernels)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("golden", "kv", "attention.json")));
        JsonElement root = golden.RootElement;
        float[] q = GoldenArray.Floats(root.GetProperty("q"));
        float[] k = GoldenArray.Floats(root.GetProperty("k"));
        float[] v = GoldenArray.Floats(root.GetProperty("v"));
        int[] shape = GoldenArray.Shape(root.GetProperty("q"));
        int kvHeads = GoldenArray.Shape(root.GetProperty("k"))[0];
        int compared = 0;
        foreach (JsonElement test in root.GetProperty("cases").EnumerateArray().Where(test => test.GetProperty("open_page_exact").GetBoolean()))
        {
            KvQuantizerMode mode = test.GetProperty("mode").GetString() == "kivi" ? KvQuantizerMode.Kivi : KvQuantizerMode.PerToken;
            KvPair pair = new(test.GetProperty("k_bits").GetInt32(), test.GetProperty("v_bits").GetInt32());
            KvProfile profile = KvProfile.Uniform("golden", 1, pair, mode) with { ScaleBits = 32 };
            float[] expected = GoldenArray.Floats(test.GetProperty("output"));

            // Whole, and in chunks that end within pages and across them.
            foreach (int chunk in new[] { shape[1], 1, 7, 32 })
            {
                float[] found = Attend(KernelSet.Select(kernels), profile, shape[0], kvHeads, shape[1], shape[2], chunk, q, k, v);
                double worst = expected.Zip(found, (a, b) => Math.Abs((double)a - b)).Max();
                Assert.True(worst <= 2e-6, $"{mode} {pair}, chunks of {chunk}: {worst:g3}");
            }

            compared++;
        }

        Assert.Equal(10, compared);
    }

    [Fact]
    public void Kivis_quantiser_is_reproduced_exactly()
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("golden", "methods", "kv_quantisers.json")));
        int compared = 0;
        foreach (JsonElement test in golden.RootElement.GetProperty("kivi").EnumerateArray())
        {
            float[] x = GoldenArray.Floats(golden.RootElement.GetProperty(test.GetProperty("tensor").GetString()!));
            int bits = test.GetProperty("bits").GetInt32();
            bool keys = test.GetProperty("cache").GetString() == "k";
            float[] expected = GoldenArray.Floats(test.GetProperty("dequantised"));
            float[] found = Quantize(x, bits, keys, test.GetProperty("group").GetInt32());

            // The authors divide a constant group by zero; what they get back is the constant all the same, up to the last bit.
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.True(
                    expected[i] == found[i] || float.IsNaN(expected[i]) || Math.Abs(expected[i] - found[i]) <= 1e-6f,
                    $"{bits} bits, keys {keys}, at {i}: {found[i]:g9} instead of {expected[i]:g9}");
            }

            compared++;
        }

        Assert.Equal(12, compared);
    }

    // KVTuner's code rounds the zero point, which the paper does not: the two differ by up to a step, of the coarser scale.
    [Fact]
    public void Kvtuners_quantiser_is_within_a_step()
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("golden", "methods", "kv_quantisers.json")));
        int compared = 0;
        foreach (JsonElement test in golden.RootElement.GetProperty("kvtuner").EnumerateArray().Where(test => test.GetProperty("asym").GetBoolean()))
        {
            float[] x = GoldenArray.Floats(golden.RootElement.GetProperty(test.GetProperty("tensor").GetString()!));
            bool channels = test.GetProperty("axis").GetInt32() == 1;
            int group = test.GetProperty("group").GetInt32();
            float[] expected = GoldenArray.Floats(test.GetProperty("dequantised"));
            float[] scales = GoldenArray.Floats(test.GetProperty("scale"));
            int groupSize = group < 0 ? 32 : group;
            float[] found = Quantize(x, test.GetProperty("bits").GetInt32(), channels, groupSize);
            for (int i = 0; i < expected.Length; i++)
            {
                float scale = scales[GroupOf(i, channels, groupSize)];
                Assert.True(Math.Abs(expected[i] - found[i]) <= scale * 1.001f, $"At {i}: {found[i]:g9}, theirs {expected[i]:g9}, step {scale:g6}");
            }

            compared++;
        }

        Assert.Equal(24, compared);
    }

    // Two heads of 64 tokens × 32 channels; groups in the order head, token, group of channels, or head, channel, group of tokens.
    private static int GroupOf(int index, bool channels, int group)
    {
        int head = index / (64 * 32);
        int token = index / 32 % 64;
        int channel = index % 32;
        return channels ? (((head * 32) + channel) * (64 / group)) + (token / group) : (((head * 64) + token) * (32 / group)) + (channel / group);
    }

    private static float[] Quantize(float[] x, int bits, bool channels, int group)
    {
        float[] result = new float[x.Length];
        foreach (IGrouping<int, int> indices in Enumerable.Range(0, x.Length).GroupBy(i => GroupOf(i, channels, group)))
        {
            (float scale, float minimum) = KvQuantizer.Fit(indices.Min(i => x[i]), indices.Max(i => x[i]), bits, asHalves: false);
            foreach (int i in indices)
            {
                result[i] = KvQuantizer.Decode(KvQuantizer.Encode(x[i], scale, minimum, bits), scale, minimum);
            }
        }

        return result;
    }

    private static float[] Attend(
        KernelSet kernels, KvProfile profile, int heads, int kvHeads, int tokens, int headSize, int chunk, float[] q, float[] k, float[] v)
    {
        ModelConfig config = new()
        {
            Family = "test",
            HiddenSize = heads * headSize,
            LayerCount = 1,
            HeadCount = heads,
            KvHeadCount = kvHeads,
            HeadSize = headSize,
            IntermediateSize = 1,
            VocabularySize = 1,
            ContextLength = tokens,
        };
        using PagedKvCache cache = new(KvShape.Of(config), profile, 3, 1, tokens, kernels);
        using Attention attention = new(config, 1, kernels, WorkerPool.Shared);
        PagedAttentionView view = new(cache);
        using ActivationBuffer queries = new(tokens, heads * headSize);
        using ActivationBuffer keys = new(tokens, kvHeads * headSize);
        using ActivationBuffer values = new(tokens, kvHeads * headSize);
        using ActivationBuffer output = new(tokens, heads * headSize);
        StepBatch batch = new(tokens, 1);
        float[] result = new float[q.Length];
        for (int start = 0; start < tokens; start += chunk)
        {
            int count = Math.Min(chunk, tokens - start);
            batch.Clear();
            batch.Add(new int[count], start, [2, 0, 1], 0, 0);
            view.Bind(batch);
            Load(q, heads, queries, start, count);
            Load(k, kvHeads, keys, start, count);
            Load(v, kvHeads, values, start, count);
            attention.Forward(0, null, view, queries, keys, values, output, WorkerLane.Serving);
            for (int token = 0; token < count; token++)
            {
                for (int i = 0; i < heads * headSize; i++)
                {
                    result[(((i / headSize * tokens) + start + token) * headSize) + (i % headSize)] = output.Row(token)[i];
                }
            }
        }

        return result;

        void Load(float[] source, int count, ActivationBuffer target, int start, int length)
        {
            for (int token = 0; token < length; token++)
            {
                for (int i = 0; i < count * headSize; i++)
                {
                    target.Row(token)[i] = source[(((i / headSize * tokens) + start + token) * headSize) + (i % headSize)];
                }
            }
        }
    }
}
