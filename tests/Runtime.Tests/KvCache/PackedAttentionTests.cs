using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Threading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.KvCache;

/// <summary>
/// Attention through the paged cache against attention, in double, over blocks that the plain definition quantised and dequantised: every kernel
/// set and pair of precisions, both modes, an open block of 1 to 32 tokens behind two sealed ones, 1 to 8 queries a key head.
/// </summary>
public sealed unsafe class PackedAttentionTests
{
    private const int SealedTokens = 2 * KvLayout.BlockTokens;
    private const int Tokens = 3 * KvLayout.BlockTokens;

    private static readonly int[] s_bits = [32, 16, 8, 4, 2];

    public static TheoryData<int, string> HeadSizesAndModes
    {
        get
        {
            TheoryData<int, string> data = [];
            foreach (int headSize in new[] { 32, 64, 80, 96, 128, 256 })
            {
                data.Add(headSize, nameof(KvQuantizerMode.PerToken));
                data.Add(headSize, nameof(KvQuantizerMode.Kivi));
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(HeadSizesAndModes))]
    public void Attention_is_that_over_dequantised_blocks(int headSize, string mode)
    {
        int pairs = 0;
        foreach (int keyBits in s_bits)
        {
            foreach (int valueBits in s_bits)
            {
                int group = 1 + ((pairs++ + (headSize / 16)) % 8);
                KvProfile profile = KvProfile.Uniform("test", 1, new KvPair(keyBits, valueBits), Enum.Parse<KvQuantizerMode>(mode)) with
                {
                    ValueGroup = pairs % 2 == 0 ? 32 : 0,
                };
                AttentionCase test = new(profile, headSize, group);
                foreach (KernelSet set in KernelSet.Available)
                {
                    float[] found = test.Run(set);
                    for (int i = 0; i < found.Length; i++)
                    {
                        Assert.True(
                            Math.Abs(found[i] - test.Expected[i]) <= test.Allowed[i],
                            $"{set.Name}, {keyBits}/{valueBits} bits, groups of {group}: element {i} is {found[i]:g9} instead of {test.Expected[i]:g9} "
                            + $"(± {test.Allowed[i]:g3}).");
                    }

                    // The bound above is for roundings that all go one way; they do not.
                    double squares = found.Select((x, i) => Math.Pow(x - test.Expected[i], 2)).Average();
                    Assert.InRange(Math.Sqrt(squares), 0, keyBits < 16 || valueBits < 16 ? 2e-4 : 1e-6);
                }
            }
        }
    }

    /// <summary>Random queries, keys with an outlying channel, values; what attention over the dequantised blocks gives for the third block's queries, and
    /// how far the kernels may be from it.</summary>
    private sealed class AttentionCase
    {
        private readonly KvProfile _profile;
        private readonly ModelConfig _model;
        private readonly float[] _queries;
        private readonly float[] _keys;
        private readonly float[] _values;

        public AttentionCase(KvProfile profile, int headSize, int group)
        {
            _profile = profile;
            _model = new ModelConfig
            {
                Family = "llama",
                HiddenSize = headSize * group,
                LayerCount = 1,
                HeadCount = group,
                KvHeadCount = 1,
                HeadSize = headSize,
                IntermediateSize = 32,
                VocabularySize = 8,
                ContextLength = Tokens,
            };
            _queries = Random(Tokens * group * headSize, 1);
            _keys = Random(Tokens * headSize, 2);
            _values = Random(Tokens * headSize, 3);
            for (int token = 0; token < Tokens; token++)
            {
                _keys[(token * headSize) + 5] *= 8;
            }

            Expected = new double[KvLayout.BlockTokens * group * headSize];
            Allowed = new double[Expected.Length];
            Compute(SealedKeys(), SealedValues());
        }

        /// <summary><c>[32][heads][headSize]</c>.</summary>
        public double[] Expected { get; }

        /// <summary>The same shape.</summary>
        public double[] Allowed { get; }

        public float[] Run(KernelSet kernels)
        {
            using WorkerPool pool = new(1);
            using PagedKvCache cache = new(KvShape.Of(_model), _profile, 3, 1, Tokens, kernels);
            using Attention attention = new(_model, 1, kernels, pool);
            using ActivationBuffer queries = Rows(_queries);
            using ActivationBuffer keys = Rows(_keys);
            using ActivationBuffer values = Rows(_values);
            using ActivationBuffer results = new(Tokens, _model.HeadCount * _model.HeadSize);
            StepBatch batch = new(Tokens, 1);
            batch.Add(new int[Tokens], 0, [2, 0, 1], 0, 0);
            PagedAttentionView view = new(cache);
            view.Bind(batch);
            attention.Forward(0, null, view, queries, keys, values, results, WorkerLane.Serving);
            float[] found = new float[Expected.Length];
            for (int token = SealedTokens; token < Tokens; token++)
            {
                new Span<float>(results.Row(token), results.Columns).CopyTo(found.AsSpan((token - SealedTokens) * results.Columns, results.Columns));
            }

            return found;
        }

        private void Compute(float[] sealedKeys, float[] sealedValues)
        {
            int size = _model.HeadSize;
            double scale = 1 / Math.Sqrt(size);
            KvPair pair = _profile.Pairs[0];
            double largestKey = _keys.Max(Math.Abs);
            double largestValue = _values.Max(Math.Abs);
            for (int row = 0; row < KvLayout.BlockTokens * _model.HeadCount; row++)
            {
                int position = SealedTokens + (row / _model.HeadCount);
                ReadOnlySpan<float> query = _queries.AsSpan(((position * _model.HeadCount) + (row % _model.HeadCount)) * size, size);
                double[] weights = new double[position + 1];
                double error = 0;
                for (int j = 0; j <= position; j++)
                {
                    // The query's own block is read exactly, the others as sealed.
                    double score = 0;
                    double magnitude = 0;
                    double largest = 0;
                    for (int d = 0; d < size; d++)
                    {
                        score += (double)query[d] * sealedKeys[(j * size) + d];
                        magnitude += Math.Abs(query[d]) * largestKey;
                        largest = Math.Max(largest, Math.Abs(query[d]));
                    }

                    weights[j] = score * scale;
                    double rounding = IsPacked(pair.KeyBits) ? Tolerances.RoundedRow(size, largest * 2 * largestKey) : 0;
                    error = Math.Max(error, scale * (Tolerances.PackedAttention(size, magnitude) + rounding));
                }

                double maximum = weights.Max();
                double sum = 0;
                for (int j = 0; j <= position; j++)
                {
                    sum += weights[j] = Math.Exp(weights[j] - maximum);
                }

                // A score that is off by e changes its share by at most e^2e; each block's weights are then rounded to 16 bits of its largest.
                double blocks = IsPacked(pair.ValueBits)
                    ? weights.Chunk(KvLayout.BlockTokens).Sum(block => Tolerances.RoundedRow(block.Length, block.Max() * 2 * largestValue))
                    : 0;
                double allowed = ((Math.Exp(2 * error) - 1 + Tolerances.Gate) * largestValue) + (blocks / sum);
                for (int d = 0; d < size; d++)
                {
                    double total = 0;
                    for (int j = 0; j <= position; j++)
                    {
                        total += weights[j] / sum * sealedValues[(j * size) + d];
                    }

                    Expected[(row * size) + d] = total;
                    Allowed[(row * size) + d] = allowed;
                }
            }
        }

        // Only packed codes are multiplied with factors rounded to 16 bits.
        private static bool IsPacked(int bits) => bits < 16;

        private float[] SealedKeys()
        {
            int size = _model.HeadSize;
            float[] result = Opened(_keys);
            for (int block = 0; block < SealedTokens; block += KvLayout.BlockTokens)
            {
                if (_profile.Mode == KvQuantizerMode.Kivi)
                {
                    for (int d = 0; d < size; d++)
                    {
                        Seal(result, [.. Enumerable.Range(block, KvLayout.BlockTokens).Select(j => (j * size) + d)], _profile.Pairs[0].KeyBits);
                    }

                    continue;
                }

                for (int j = block; j < block + KvLayout.BlockTokens; j++)
                {
                    Seal(result, [.. Enumerable.Range(j * size, size)], _profile.Pairs[0].KeyBits);
                }
            }

            return result;
        }

        private float[] SealedValues()
        {
            int size = _model.HeadSize;
            int group = _profile.ValueGroup == 0 ? size : _profile.ValueGroup;
            float[] result = Opened(_values);
            for (int j = 0; j < SealedTokens; j++)
            {
                for (int start = 0; start < size; start += group)
                {
                    Seal(result, [.. Enumerable.Range((j * size) + start, Math.Min(group, size - start))], _profile.Pairs[0].ValueBits);
                }
            }

            return result;
        }

        // What an open block holds: halves, or floats where the profile asks for them anywhere.
        private float[] Opened(float[] values) => _profile.OpenBlocksAreFloat ? [.. values] : [.. values.Select(value => (float)(Half)value)];

        private static void Seal(float[] values, int[] indices, int bits)
        {
            if (bits == 32)
            {
                return;
            }

            (float scale, float minimum) = bits == 16
                ? default
                : KvQuantizer.Fit(indices.Min(i => values[i]), indices.Max(i => values[i]), bits, asHalves: true);
            foreach (int i in indices)
            {
                values[i] = bits == 16 ? (float)(Half)values[i] : KvQuantizer.Decode(KvQuantizer.Encode(values[i], scale, minimum, bits), scale, minimum);
            }
        }

        private static ActivationBuffer Rows(float[] values)
        {
            ActivationBuffer buffer = new(Tokens, values.Length / Tokens);
            for (int token = 0; token < Tokens; token++)
            {
                values.AsSpan(token * buffer.Columns, buffer.Columns).CopyTo(new Span<float>(buffer.Row(token), buffer.Columns));
            }

            return buffer;
        }

        private static float[] Random(int count, int seed)
        {
            Random random = new(seed);
            float[] values = new float[count];
            for (int i = 0; i < count; i++)
            {
                values[i] = (4 * random.NextSingle()) - 2;
            }

            return values;
        }
    }
}
