using System.Numerics;
using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.KvTuning;

/// <summary>
/// Computes <see cref="KvAttentionErrors"/> from recorded queries, keys and values: for each width a reconstruction, for each query the softmax over
/// reconstructed keys, for each pair the sum over reconstructed values.
/// </summary>
internal sealed class KvErrorMeter
{
    /// <summary>Widths that are tried.</summary>
    public static readonly int[] Widths = [8, 4, 2];

    private readonly ModelConfig _config;
    private readonly KvProfile _form;
    private readonly bool _ownBlockIsOpen;
    private readonly int _queryStride;

    /// <param name="config">The model's.</param>
    /// <param name="form">Mode, groups and scales.</param>
    /// <param name="ownBlockIsOpen">The reading rule; else queries see their own block quantised too.</param>
    /// <param name="queryStride">Every so manieth query is looked at.</param>
    public KvErrorMeter(ModelConfig config, KvProfile form, bool ownBlockIsOpen = true, int queryStride = 1)
    {
        _config = config;
        _form = form;
        _ownBlockIsOpen = ownBlockIsOpen;
        _queryStride = queryStride;
    }

    /// <summary>Measures a layer; the tokens after the last full block of 32 count as exact.</summary>
    public KvAttentionErrors Measure(KvActivations activations, int layer)
    {
        HeadErrors[] heads = new HeadErrors[_config.KvHeadCount];
        ParallelRows.Run(null, heads.Length, 1, (start, end) =>
        {
            for (int head = start; head < end; head++)
            {
                heads[head] = MeasureHead(activations, layer, head);
            }
        });

        HeadErrors all = heads[0];
        foreach (HeadErrors head in heads.Skip(1))
        {
            all.Add(head);
        }

        return all.ToErrors();
    }

    private HeadErrors MeasureHead(KvActivations activations, int layer, int kvHead)
    {
        int size = _config.HeadSize;
        int tokens = activations.TokenCount;
        float[][] keys = Reconstruct(Gather(activations.Keys, tokens, kvHead), _form.Mode == KvQuantizerMode.Kivi, group: size);
        float[][] values = Reconstruct(Gather(activations.Values, tokens, kvHead), byChannel: false, _form.ValueGroup == 0 ? size : _form.ValueGroup);
        HeadErrors errors = new();
        for (int width = 0; width < Widths.Length; width++)
        {
            errors.Keys[width].Add(keys[0], keys[width + 1]);
            errors.Values[width].Add(values[0], values[width + 1]);
        }

        int group = _config.HeadCount / _config.KvHeadCount;
        float scale = (_config.AttentionScale ?? (1 / MathF.Sqrt(size))) / (_config.AttentionScaleByLayer ? layer + 1 : 1);
        int window = _config.SlidingWindows?[layer] ?? int.MaxValue;
        float[][] weights = [.. Enumerable.Range(0, Widths.Length + 1).Select(_ => new float[tokens])];
        float[] exact = new float[size];
        float[] found = new float[size];
        for (int position = _queryStride - 1; position < tokens; position += _queryStride)
        {
            int first = Math.Max(0, position - window + 1);
            int visible = position + 1 - first;
            int open = _ownBlockIsOpen ? position / KvLayout.BlockTokens * KvLayout.BlockTokens : position + 1;
            for (int head = 0; head < group; head++)
            {
                ReadOnlySpan<float> query = activations.Queries.AsSpan(
                    (position * _config.HeadCount * size) + (((kvHead * group) + head) * size), size);
                for (int width = 0; width < weights.Length; width++)
                {
                    Weigh(query, keys[0], keys[width], first, open, position, scale, weights[width]);
                }

                Sum(weights[0], values[0], values[0], first, open, position, exact);
                for (int keyWidth = 0; keyWidth < Widths.Length; keyWidth++)
                {
                    errors.AddScores(keyWidth, weights[0].AsSpan(first, visible), weights[keyWidth + 1].AsSpan(first, visible));
                    for (int valueWidth = 0; valueWidth < Widths.Length; valueWidth++)
                    {
                        Sum(weights[keyWidth + 1], values[0], values[valueWidth + 1], first, open, position, found);
                        errors.Output[keyWidth, valueWidth].Add(exact, found);
                    }
                }
            }
        }

        return errors;
    }

    private float[] Gather(float[] rows, int tokens, int kvHead)
    {
        int size = _config.HeadSize;
        float[] head = new float[tokens * size];
        for (int token = 0; token < tokens; token++)
        {
            rows.AsSpan((token * _config.KvHeadCount * size) + (kvHead * size), size).CopyTo(head.AsSpan(token * size));
        }

        return head;
    }

    // The exact rows first, then those of each width. Groups of channels that do not divide the head have a shorter one at its end.
    private float[][] Reconstruct(float[] rows, bool byChannel, int group)
    {
        int size = _config.HeadSize;
        int tokens = rows.Length / size / KvLayout.BlockTokens * KvLayout.BlockTokens;
        float[][] all = [rows, .. Widths.Select(_ => (float[])rows.Clone())];
        float[] values = new float[Math.Max(KvLayout.BlockTokens, group)];
        byte[] codes = new byte[values.Length];
        for (int width = 0; width < Widths.Length; width++)
        {
            for (int token = 0; token < tokens; token += byChannel ? KvLayout.BlockTokens : 1)
            {
                for (int channel = 0; channel < size; channel += byChannel ? 1 : group)
                {
                    int count = byChannel ? KvLayout.BlockTokens : Math.Min(group, size - channel);
                    int step = byChannel ? size : 1;
                    int start = (token * size) + channel;
                    for (int i = 0; i < count; i++)
                    {
                        values[i] = rows[start + (i * step)];
                    }

                    (float scale, float minimum) = KvQuantizer.QuantizeGroup(values.AsSpan(0, count), Widths[width], codes, _form.ScaleBits == 16);
                    for (int i = 0; i < count; i++)
                    {
                        all[width + 1][start + (i * step)] = KvQuantizer.Decode(codes[i], scale, minimum);
                    }
                }
            }
        }

        return all;
    }

    // weights[j] = softmax over the visible keys j of q · k_j, with keys from 'open' on as written.
    private void Weigh(ReadOnlySpan<float> query, float[] exact, float[] sealedKeys, int first, int open, int position, float scale, float[] weights)
    {
        int size = _config.HeadSize;
        float highest = float.NegativeInfinity;
        for (int j = first; j <= position; j++)
        {
            float score = scale * Dot(query, (j < open ? sealedKeys : exact).AsSpan(j * size, size));
            if (_config.AttentionSoftCap is { } cap)
            {
                score = cap * MathF.Tanh(score / cap);
            }

            weights[j] = score;
            highest = MathF.Max(highest, score);
        }

        double total = 0;
        for (int j = first; j <= position; j++)
        {
            weights[j] = MathF.Exp(weights[j] - highest);
            total += weights[j];
        }

        float inverse = (float)(1 / total);
        for (int j = first; j <= position; j++)
        {
            weights[j] *= inverse;
        }
    }

    private static void Sum(float[] weights, float[] exact, float[] sealedValues, int first, int open, int position, float[] result)
    {
        Array.Clear(result);
        for (int j = first; j <= position; j++)
        {
            AddScaled(result, weights[j], (j < open ? sealedValues : exact).AsSpan(j * result.Length, result.Length));
        }
    }

    private static float Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        Vector<float> sums = Vector<float>.Zero;
        int i = 0;
        for (; i <= left.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            sums += new Vector<float>(left[i..]) * new Vector<float>(right[i..]);
        }

        float sum = Vector.Sum(sums);
        for (; i < left.Length; i++)
        {
            sum += left[i] * right[i];
        }

        return sum;
    }

    private static void AddScaled(Span<float> result, float weight, ReadOnlySpan<float> row)
    {
        int i = 0;
        for (; i <= row.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (new Vector<float>(result[i..]) + (new Vector<float>(row[i..]) * weight)).CopyTo(result[i..]);
        }

        for (; i < row.Length; i++)
        {
            result[i] += weight * row[i];
        }
    }

    /// <summary>The sums of one head of keys and values.</summary>
    private sealed class HeadErrors
    {
        private readonly double[] _scores = new double[Widths.Length];
        private readonly long[] _scoreCounts = new long[Widths.Length];

        public ErrorSums[] Keys { get; } = new ErrorSums[Widths.Length];

        public ErrorSums[] Values { get; } = new ErrorSums[Widths.Length];

        public ErrorSums[,] Output { get; } = new ErrorSums[Widths.Length, Widths.Length];

        public void AddScores(int width, ReadOnlySpan<float> exact, ReadOnlySpan<float> found)
        {
            for (int i = 0; i < exact.Length; i++)
            {
                _scores[width] += Math.Abs((double)exact[i] - found[i]);
            }

            _scoreCounts[width] += exact.Length;
        }

        public void Add(HeadErrors other)
        {
            for (int key = 0; key < Widths.Length; key++)
            {
                Keys[key].Add(other.Keys[key]);
                Values[key].Add(other.Values[key]);
                _scores[key] += other._scores[key];
                _scoreCounts[key] += other._scoreCounts[key];
                for (int value = 0; value < Widths.Length; value++)
                {
                    Output[key, value].Add(other.Output[key, value]);
                }
            }
        }

        public KvAttentionErrors ToErrors()
        {
            Dictionary<int, ErrorNorms> keys = [];
            Dictionary<int, ErrorNorms> values = [];
            Dictionary<int, double> scores = [];
            Dictionary<KvPair, ErrorNorms> output = [];
            for (int key = 0; key < Widths.Length; key++)
            {
                keys[Widths[key]] = Keys[key].Norms;
                values[Widths[key]] = Values[key].Norms;
                scores[Widths[key]] = _scores[key] / _scoreCounts[key];
                for (int value = 0; value < Widths.Length; value++)
                {
                    output[new KvPair(Widths[key], Widths[value])] = Output[key, value].Norms;
                }
            }

            return new KvAttentionErrors(keys, values, scores, output);
        }
    }
}
