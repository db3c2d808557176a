using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Runtime.Tests.KvCache;

/// <summary>Sequences of several ranges of 32 blocks: whoever computes the ranges, and whatever the step's cut, a query gets the same bits.</summary>
public sealed unsafe class LongAttentionTests
{
    private const int Tokens = 2500;
    private const int HeadSize = 16;

    private static readonly ModelConfig s_model = new()
    {
        Family = "llama",
        HiddenSize = 96,
        LayerCount = 1,
        HeadCount = 6,
        KvHeadCount = 2,
        HeadSize = HeadSize,
        IntermediateSize = 96,
        VocabularySize = 8,
        ContextLength = 4096,
    };

    [Theory]
    [InlineData("kv32", null)]
    [InlineData("kv16", null)]
    [InlineData("kv4", null)]
    [InlineData("kivi2", null)]
    [InlineData("k8v4", 1100)]
    [InlineData("kv32", 40)]
    public void Cores_and_chunks_change_no_bit(string profile, int? window)
    {
        float[] alone = Run(profile, window, workers: 1, chunk: 500);
        foreach ((int workers, int chunk) in new[] { (2, 500), (3, 2500), (4, 7), (16, 1), (16, 33) })
        {
            Assert.Equal(alone, Run(profile, window, workers, chunk));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1100)]
    public void Ranges_add_up_to_the_softmax_over_everything(int? window)
    {
        float[] found = Run("kv32", window, workers: 4, chunk: 1);
        int width = s_model.HeadCount * HeadSize;
        float[] q = Values(s_model.HeadCount, 1);
        float[] k = Values(s_model.KvHeadCount, 2);
        float[] v = Values(s_model.KvHeadCount, 3);
        foreach (int position in new[] { 0, 31, 32, 1023, 1024, 2047, 2048, Tokens - 1 })
        {
            for (int head = 0; head < s_model.HeadCount; head++)
            {
                double[] expected = Exact(q, k, v, position, head, window);
                for (int i = 0; i < HeadSize; i++)
                {
                    Assert.Equal(expected[i], found[(position * width) + (head * HeadSize) + i], 1e-5);
                }
            }
        }
    }

    private static double[] Exact(float[] q, float[] k, float[] v, int position, int head, int? window)
    {
        int kvHead = head / (s_model.HeadCount / s_model.KvHeadCount);
        int first = Math.Max(0, position - (window ?? Tokens) + 1);
        double[] weights = new double[position + 1];
        for (int j = first; j <= position; j++)
        {
            double score = 0;
            for (int i = 0; i < HeadSize; i++)
            {
                score += (double)q[(((position * s_model.HeadCount) + head) * HeadSize) + i] * k[(((j * s_model.KvHeadCount) + kvHead) * HeadSize) + i];
            }

            weights[j] = Math.Exp(score / Math.Sqrt(HeadSize));
        }

        double[] result = new double[HeadSize];
        double sum = weights.Sum();
        for (int j = first; j <= position; j++)
        {
            for (int i = 0; i < HeadSize; i++)
            {
                result[i] += weights[j] / sum * v[(((j * s_model.KvHeadCount) + kvHead) * HeadSize) + i];
            }
        }

        return result;
    }

    private static float[] Values(int heads, int seed)
    {
        Random random = new(seed);
        float[] values = new float[Tokens * heads * HeadSize];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (4 * random.NextSingle()) - 2;
        }

        return values;
    }

    private static float[] Run(string profileName, int? window, int workers, int chunk)
    {
        KvProfile profile = KvProfile.Preset(profileName, 1);
        using WorkerPool pool = new(workers);
        using PagedKvCache cache = new(KvShape.Of(s_model), profile, (Tokens / 32) + 1, 1, Tokens, KernelSet.Best);
        using Attention attention = new(s_model, 1, KernelSet.Best, pool);
        PagedAttentionView view = new(cache);
        int[] table = [.. Enumerable.Range(0, cache.BlockCount).Reverse()];
        float[] q = Values(s_model.HeadCount, 1);
        float[] k = Values(s_model.KvHeadCount, 2);
        float[] v = Values(s_model.KvHeadCount, 3);
        float[] output = new float[q.Length];
        using ActivationBuffer queries = new(Tokens, s_model.HeadCount * HeadSize);
        using ActivationBuffer keys = new(Tokens, s_model.KvHeadCount * HeadSize);
        using ActivationBuffer values = new(Tokens, s_model.KvHeadCount * HeadSize);
        using ActivationBuffer results = new(Tokens, s_model.HeadCount * HeadSize);
        StepBatch batch = new(Tokens, 1);
        for (int position = 0; position < Tokens; position += chunk)
        {
            int count = Math.Min(chunk, Tokens - position);
            for (int token = 0; token < count; token++)
            {
                q.AsSpan((position + token) * queries.Columns, queries.Columns).CopyTo(new Span<float>(queries.Row(token), queries.Columns));
                k.AsSpan((position + token) * keys.Columns, keys.Columns).CopyTo(new Span<float>(keys.Row(token), keys.Columns));
                v.AsSpan((position + token) * values.Columns, values.Columns).CopyTo(new Span<float>(values.Row(token), values.Columns));
            }

            batch.Clear();
            batch.Add(new int[count], position, table, 0, 0);
            view.Bind(batch);
            attention.Forward(0, window, view, queries, keys, values, results, WorkerLane.Serving);
            for (int token = 0; token < count; token++)
            {
                new Span<float>(results.Row(token), results.Columns).CopyTo(output.AsSpan((position + token) * results.Columns, results.Columns));
            }
        }

        return output;
    }
}
