using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Tests.Kernels;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.KvCache;

/// <summary>Attention over packed blocks, of every kernel set, against the same over values quantised and dequantised by the plain definition.</summary>
public sealed unsafe class QuantizedKvCodecTests
{
    private const int Tokens = KvLayout.BlockTokens;

    public static TheoryData<string, int, string> SetsHeadSizesAndModes
    {
        get
        {
            TheoryData<string, int, string> data = [];
            foreach (KernelSet set in KernelSet.Available)
            {
                foreach (int headSize in new[] { 20, 32, 64, 80, 96, 128, 256 })
                {
                    data.Add(set.Name, headSize, nameof(KvQuantizerMode.PerToken));
                    data.Add(set.Name, headSize, nameof(KvQuantizerMode.Kivi));
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(SetsHeadSizesAndModes))]
    public void Scores_are_those_over_dequantised_keys(string kernels, int headSize, string mode)
    {
        foreach (int bits in new[] { 8, 4, 2 })
        {
            foreach (bool halves in new[] { true, false })
            {
                using SealedBlock block = new(kernels, headSize, mode, bits, halves);
                for (int rows = 1; rows <= 9; rows++)
                {
                    using GuardedFloats q = GuardedFloats.Normal(rows * headSize, rows);
                    using GuardedFloats scores = new(rows * Tokens);
                    block.Codec.Scores(q.Pointer, rows, (byte*)block.Keys.Pointer, headSize, scores.Pointer);
                    for (int i = 0; i < rows * Tokens; i++)
                    {
                        double expected = 0;
                        double magnitude = 0;
                        double largest = 0;
                        for (int d = 0; d < headSize; d++)
                        {
                            double x = q.Span[(i / Tokens * headSize) + d];
                            expected += x * block.DequantizedKeys[(d * Tokens) + (i % Tokens)];
                            magnitude += Math.Abs(x) * block.LargestKey;
                            largest = Math.Max(largest, Math.Abs(x * (mode == nameof(KvQuantizerMode.Kivi) ? block.KeyRange(d) : block.LargestKeyRange)));
                        }

                        AssertNear(expected, scores.Span[i], magnitude, headSize, halves ? Tolerances.RoundedRow(headSize, largest) : 0);
                    }

                    // A query's bits do not depend on the queries beside it.
                    using GuardedFloats alone = new(Tokens);
                    block.Codec.Scores(q.Pointer + ((rows - 1) * headSize), 1, (byte*)block.Keys.Pointer, headSize, alone.Pointer);
                    Assert.Equal(alone.Span, scores.Span[((rows - 1) * Tokens)..]);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(SetsHeadSizesAndModes))]
    public void Sums_are_those_over_dequantised_values(string kernels, int headSize, string mode)
    {
        int padded = KvLayout.PadHead(headSize);
        foreach (int bits in new[] { 8, 4, 2 })
        {
            foreach (bool halves in new[] { true, false })
            {
                using SealedBlock block = new(kernels, headSize, mode, bits, halves);
                // Every fill from 1 to 32 at one head size, the rest by samples.
                foreach ((int first, int end) in headSize == 32
                    ? [.. Enumerable.Range(1, Tokens).Select(fill => (0, fill)), (31, 32), (5, 19)]
                    : new[] { (0, 32), (0, 1), (31, 32), (5, 19) })
                {
                    for (int rows = 1; rows <= 9; rows++)
                    {
                        // Weights outside what is seen are zeros, as the softmax leaves them.
                        using GuardedFloats weights = GuardedFloats.Normal(rows * Tokens, rows);
                        for (int i = 0; i < rows * Tokens; i++)
                        {
                            weights.Span[i] = i % Tokens >= first && i % Tokens < end ? Math.Abs(weights.Span[i]) : 0;
                        }

                        using GuardedFloats corrections = GuardedFloats.Normal(rows, rows + 1);
                        using GuardedFloats start = GuardedFloats.Normal(rows * padded, rows + 2);
                        using GuardedFloats found = GuardedFloats.Of(start.Span);
                        block.Codec.ValueSum(
                            weights.Pointer, rows, (byte*)block.Values.Pointer, first, end, headSize, corrections.Pointer, found.Pointer);
                        for (int row = 0; row < rows; row++)
                        {
                            for (int d = 0; d < headSize; d++)
                            {
                                double expected = (double)start.Span[(row * padded) + d] * corrections.Span[row];
                                double magnitude = Math.Abs(expected);
                                double largest = 0;
                                for (int j = first; j < end; j++)
                                {
                                    double weight = weights.Span[(row * Tokens) + j];
                                    expected += weight * block.DequantizedValues[(j * headSize) + d];
                                    magnitude += weight * block.LargestValue;
                                    largest = Math.Max(largest, weight * block.LargestValueRange);
                                }

                                AssertNear(
                                    expected, found.Span[(row * padded) + d], magnitude, Tokens,
                                    halves ? Tolerances.RoundedRow(end - first, largest) : 0);
                            }
                        }

                        using GuardedFloats alone = GuardedFloats.Of(start.Span[((rows - 1) * padded)..]);
                        block.Codec.ValueSum(
                            weights.Pointer + ((rows - 1) * Tokens), 1, (byte*)block.Values.Pointer, 0, Tokens, headSize,
                            corrections.Pointer + rows - 1, alone.Pointer);
                        Assert.Equal(alone.Span, found.Span[((rows - 1) * padded)..]);
                    }
                }
            }
        }
    }

    [Fact]
    public void A_constant_group_decodes_to_its_constant()
    {
        foreach (int bits in new[] { 8, 4, 2 })
        {
            (float scale, float minimum) = KvQuantizer.Fit(0.5f, 0.5f, bits, asHalves: true);
            Assert.Equal(0.5f, KvQuantizer.Decode(KvQuantizer.Encode(0.5f, scale, minimum, bits), scale, minimum));
            (scale, minimum) = KvQuantizer.Fit(0, 0, bits, asHalves: true);
            Assert.Equal(0, KvQuantizer.Decode(KvQuantizer.Encode(0, scale, minimum, bits), scale, minimum));
        }
    }

    [Fact]
    public void Codes_of_the_designs_example_are_exact()
    {
        float[] x = [0, 1, 2, 3, 4, 5, 6, 9];
        (float scale, float minimum) = KvQuantizer.Fit(0, 9, 2, asHalves: true);
        Assert.Equal((3f, 0f), (scale, minimum));
        Assert.Equal([0, 0, 1, 1, 1, 2, 2, 3], x.Select(value => KvQuantizer.Encode(value, scale, minimum, 2)));
    }

    [Fact]
    public void Numbers_that_are_none_and_numbers_beyond_a_half_show_or_are_bounded()
    {
        (float scale, float minimum) = KvQuantizer.Fit(float.NaN, 1, 4, asHalves: true);
        Assert.True(float.IsNaN(KvQuantizer.Decode(KvQuantizer.Encode(1, scale, minimum, 4), scale, minimum)));
        (scale, minimum) = KvQuantizer.Fit(-1e6f, 1e6f, 2, asHalves: true);
        Assert.True(float.IsFinite(scale) && minimum == -65504);
    }

    private static void AssertNear(double expected, double found, double magnitude, int products, double rounding) => Assert.True(
        Math.Abs(expected - found) <= Tolerances.PackedAttention(products, magnitude) + rounding, $"{found:g9} instead of {expected:g9}.");

    /// <summary>A block of random keys and values with outliers, sealed, and what it decodes to.</summary>
    private sealed class SealedBlock : IDisposable
    {
        public SealedBlock(string kernels, int headSize, string mode, int bits, bool halves)
        {
            KernelSet set = KernelSet.Select(kernels);
            bool kivi = mode == nameof(KvQuantizerMode.Kivi);
            int valueGroup = kivi && halves ? 32 : 0;
            KvProfile profile = KvProfile.Uniform("test", 1, new KvPair(bits, bits), kivi ? KvQuantizerMode.Kivi : KvQuantizerMode.PerToken)
                with
            { ScaleBits = halves ? 16 : 32, ValueGroup = valueGroup };
            Codec = KvCodecs.Create(bits, profile, set);
            OpenKvCodec open = KvCodecs.CreateOpen(32, set);
            float[] keys = Random(headSize, 5);
            float[] values = Random(headSize, 6);
            using GuardedMemory openKeys = new(open.KeyBytes(headSize));
            using GuardedMemory openValues = new(open.ValueBytes(headSize));
            Keys = new GuardedMemory(Codec.KeyBytes(headSize));
            Values = new GuardedMemory(Codec.ValueBytes(headSize));
            fixed (float* k = keys, v = values)
            {
                open.WriteKeys(k, headSize, Tokens, (byte*)openKeys.Pointer, 0, headSize);
                open.WriteValues(v, headSize, Tokens, (byte*)openValues.Pointer, 0, headSize);
            }

            Codec.SealKeys(open, (byte*)openKeys.Pointer, (byte*)Keys.Pointer, headSize);
            Codec.SealValues(open, (byte*)openValues.Pointer, (byte*)Values.Pointer, headSize);

            DequantizedKeys = new float[headSize * Tokens];
            DequantizedValues = new float[headSize * Tokens];
            if (kivi)
            {
                for (int d = 0; d < headSize; d++)
                {
                    int[] channel = [.. Enumerable.Range(0, Tokens).Select(j => (j * headSize) + d)];
                    Quantize(keys, channel, bits, halves, (i, x) => DequantizedKeys[(d * Tokens) + i] = x);
                }
            }
            else
            {
                for (int j = 0; j < Tokens; j++)
                {
                    Quantize(keys, [.. Enumerable.Range(j * headSize, headSize)], bits, halves, (i, x) => DequantizedKeys[(i * Tokens) + j] = x);
                }
            }

            int group = valueGroup == 0 ? headSize : valueGroup;
            for (int j = 0; j < Tokens; j++)
            {
                for (int start = 0; start < headSize; start += group)
                {
                    int first = (j * headSize) + start;
                    Quantize(
                        values, [.. Enumerable.Range(first, Math.Min(group, headSize - start))], bits, halves, (i, x) => DequantizedValues[first + i] = x);
                }
            }

            LargestKey = keys.Max(Math.Abs);
            LargestValue = values.Max(Math.Abs);
            LargestKeyRange = Enumerable.Range(0, Tokens).Max(j => Width(keys.Skip(j * headSize).Take(headSize)));
            LargestValueRange = Enumerable.Range(0, Tokens).Max(j => Width(values.Skip(j * headSize).Take(headSize)));
            _keys = keys;
            _headSize = headSize;
        }

        private readonly float[] _keys;
        private readonly int _headSize;

        public KvCodec Codec { get; }

        public GuardedMemory Keys { get; }

        public GuardedMemory Values { get; }

        /// <summary><c>[headSize][32]</c>.</summary>
        public float[] DequantizedKeys { get; }

        /// <summary><c>[32][headSize]</c>.</summary>
        public float[] DequantizedValues { get; }

        public double LargestKey { get; }

        public double LargestValue { get; }

        /// <summary>Largest code times largest scale, of a token's key.</summary>
        public double LargestKeyRange { get; }

        /// <summary>The same of a token's value.</summary>
        public double LargestValueRange { get; }

        /// <summary>The same of a channel's keys.</summary>
        public double KeyRange(int channel) => Width(Enumerable.Range(0, Tokens).Select(j => _keys[(j * _headSize) + channel]));

        private static double Width(IEnumerable<float> values) => (values.Max() - values.Min()) * 1.01;

        public void Dispose()
        {
            Keys.Dispose();
            Values.Dispose();
        }

        private static void Quantize(float[] x, int[] indices, int bits, bool halves, Action<int, float> store)
        {
            float[] group = [.. indices.Select(i => x[i])];
            (float scale, float minimum) = KvQuantizer.Fit(group.Min(), group.Max(), bits, halves);
            for (int i = 0; i < group.Length; i++)
            {
                store(i, KvQuantizer.Decode(KvQuantizer.Encode(group[i], scale, minimum, bits), scale, minimum));
            }
        }

        private static float[] Random(int headSize, int seed)
        {
            using GuardedFloats values = GuardedFloats.Normal(headSize * Tokens, seed);
            for (int j = 0; j < Tokens; j++)
            {
                values.Span[(j * headSize) + 5] *= 10;
            }

            return values.Span.ToArray();
        }
    }
}
