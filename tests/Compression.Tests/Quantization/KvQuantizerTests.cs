using System.Text.Json;
using Sparrow.Compression.Quantization;
using Sparrow.Runtime.KvCache;
using Xunit;

namespace Sparrow.Compression.Tests.Quantization;

/// <summary>Quantisers of keys and values against the programs of KIVI and KVTuner, and their invariants.</summary>
public sealed class KvQuantizerTests
{
    private const int Heads = 2;
    private const int TokenCount = 64;
    private const int Channels = 32;

    [Fact]
    public void Single_scales_give_the_codes_and_values_of_the_program_of_kivi()
    {
        JsonElement root = VectorFile.Read("kv_quantisers.json");
        foreach (JsonElement run in root.GetProperty("kivi").EnumerateArray())
        {
            float[] values = root.Floats(run.GetProperty("tensor").GetString()!);
            int bits = run.GetProperty("bits").GetInt32();
            int group = run.GetProperty("group").GetInt32();
            bool perChannel = run.GetProperty("cache").GetString() == "k";
            byte[] codes = new byte[values.Length];
            float[] scales = new float[values.Length / group];
            float[] minimums = new float[values.Length / group];
            int headValues = TokenCount * Channels;
            for (int head = 0; head < Heads; head++)
            {
                Span<float> headScales = scales.AsSpan(head * headValues / group, headValues / group);
                Span<float> headMinimums = minimums.AsSpan(head * headValues / group, headValues / group);
                Span<byte> headCodes = codes.AsSpan(head * headValues, headValues);
                ReadOnlySpan<float> source = values.AsSpan(head * headValues, headValues);
                if (perChannel)
                {
                    KvQuantizer.QuantizePerChannel(source, Channels, group, bits, headCodes, headScales, headMinimums, half: false);
                }
                else
                {
                    KvQuantizer.QuantizePerToken(source, Channels, group, bits, headCodes, headScales, headMinimums, half: false);
                }
            }

            float[] expectedScales = run.Floats("scale");
            int[] packed = run.Integers("packed");
            float[] decoded = run.Floats("dequantised");
            Assert.Equal(run.Floats("mn"), minimums);
            int perWord = 32 / bits;
            for (int i = 0; i < values.Length; i++)
            {
                (int token, int channel) = Math.DivRem(i % headValues, Channels);
                int head = i / headValues;
                int index = perChannel ? (((head * TokenCount / group) + (token / group)) * Channels) + channel : i / group;
                Assert.Equal(decoded[i], KvQuantizer.Decode(codes[i], scales[index], minimums[index]));

                // A constant group has a scale of 0 and codes of garbage over there; only its value counts.
                if (expectedScales[index] > 0)
                {
                    Assert.Equal(expectedScales[index], scales[index]);
                    int word = perChannel
                        ? packed[((((head * TokenCount) + token) / perWord) * Channels) + channel]
                        : packed[i / perWord];
                    Assert.Equal((word >> ((perChannel ? token : channel) % perWord * bits)) & ((1 << bits) - 1), codes[i]);
                }
            }
        }
    }

    [Fact]
    public void Dialects_b_and_g_give_the_codes_and_values_of_the_program_of_kvtuner()
    {
        JsonElement root = VectorFile.Read("kv_quantisers.json");
        foreach (JsonElement run in root.GetProperty("kvtuner").EnumerateArray())
        {
            bool asymmetric = run.GetProperty("asym").GetBoolean();
            bool perChannel = run.GetProperty("axis").GetInt32() == 1;
            float[] rows = root.Floats(run.GetProperty("tensor").GetString()!);
            float[] decoded = run.Floats("dequantised");
            if (perChannel)
            {
                (rows, decoded) = (Transpose(rows), Transpose(decoded));
            }

            QuantizationScheme scheme = new()
            {
                Bits = run.GetProperty("bits").GetInt32(),
                Dialect = asymmetric ? QuantizationDialect.RoundedZero : QuantizationDialect.SymmetricWhole,
            };
            int[] shape = run.Shape("codes");
            QuantizedMatrix matrix = RoundToNearest.Quantize(rows, shape[0], shape[1], scheme);

            int half = 1 << (scheme.Bits - 1);
            Assert.Equal(run.Bytes("codes").Select(code => (sbyte)code + half), matrix.Codes.Select(code => (int)code));
            Assert.Equal(run.Floats("scale"), matrix.Scales);
            if (asymmetric)
            {
                Assert.Equal(run.Floats("zero"), matrix.Zeros.Select(zero => half - zero));
            }

            Assert.Equal(decoded, matrix.Dequantize());
        }
    }

    [Fact]
    public void The_worked_group_packs_to_its_word()
    {
        byte[] codes = new byte[8];

        (float scale, float minimum) = KvQuantizer.QuantizeGroup([0, 1, 2, 3, 4, 5, 6, 9], 2, codes);

        Assert.Equal((3f, 0f), (scale, minimum));
        Assert.Equal([0, 0, 1, 1, 1, 2, 2, 3], codes);
        Assert.Equal(0xE950, codes.Select((code, i) => code << (2 * i)).Sum());
    }

    [Theory]
    [InlineData(8)]
    [InlineData(4)]
    [InlineData(2)]
    public void Codes_are_the_nearest_ones_for_what_is_stored(int bits)
    {
        byte[] codes = new byte[32];
        for (int seed = 0; seed < 100; seed++)
        {
            float[] values = Array.ConvertAll(VectorFile.Random(seed, 32), value => value + (seed % 7));
            (float scale, float minimum) = KvQuantizer.QuantizeGroup(values, bits, codes);

            Assert.Equal(scale, (float)(Half)scale);
            Assert.Equal(minimum, (float)(Half)minimum);
            for (int i = 0; i < values.Length; i++)
            {
                float error = Math.Abs(KvQuantizer.Decode(codes[i], scale, minimum) - values[i]);
                float least = Enumerable.Range(0, 1 << bits).Min(code => Math.Abs(KvQuantizer.Decode(code, scale, minimum) - values[i]));
                Assert.Equal(least, error, 1e-6f);

                // Half a step, and what rounding the range to halves may cut off at its ends.
                Assert.InRange(error, 0, (scale / 2) + (Math.Abs(values[i]) + (scale * (1 << bits))) / 1024);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5f)]
    [InlineData(-3)]
    public void A_constant_group_decodes_to_its_constant(float constant)
    {
        byte[] codes = new byte[4];

        (float scale, float minimum) = KvQuantizer.QuantizeGroup([constant, constant, constant, constant], 4, codes);

        Assert.All(codes, code => Assert.Equal(constant, KvQuantizer.Decode(code, scale, minimum)));
    }

    [Fact]
    public void Moving_one_channel_of_the_keys_moves_only_its_minimum()
    {
        float[] keys = Array.ConvertAll(VectorFile.Random(8, 32 * 4), value => MathF.Round(value * 64) / 64);
        float[] moved = [.. keys];
        for (int token = 0; token < 32; token++)
        {
            moved[(token * 4) + 2] += 16;
        }

        (byte[] Codes, float[] Scales, float[] Minimums) before = PerChannel(keys);
        (byte[] Codes, float[] Scales, float[] Minimums) after = PerChannel(moved);

        Assert.Equal(before.Codes, after.Codes);
        Assert.Equal(before.Scales, after.Scales);
        Assert.Equal([before.Minimums[0], before.Minimums[1], before.Minimums[2] + 16, before.Minimums[3]], after.Minimums);

        static (byte[] Codes, float[] Scales, float[] Minimums) PerChannel(float[] keys)
        {
            (byte[] codes, float[] scales, float[] minimums) = (new byte[keys.Length], new float[4], new float[4]);
            KvQuantizer.QuantizePerChannel(keys, 4, 32, 4, codes, scales, minimums, half: false);
            return (codes, scales, minimums);
        }
    }

    [Fact]
    public void A_group_that_does_not_divide_is_refused()
    {
        Assert.Throws<ArgumentException>(() => KvQuantizer.QuantizePerToken(new float[32], 32, 24, 4, new byte[32], new float[4], new float[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => KvQuantizer.QuantizeGroup(new float[4], 3, new byte[4]));
    }

    private static float[] Transpose(float[] values)
    {
        float[] result = new float[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            (int head, int rest) = Math.DivRem(i, TokenCount * Channels);
            (int token, int channel) = Math.DivRem(rest, Channels);
            result[(head * TokenCount * Channels) + (channel * TokenCount) + token] = values[i];
        }

        return result;
    }
}
