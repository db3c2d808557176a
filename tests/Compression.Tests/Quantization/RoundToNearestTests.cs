using System.Text.Json;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Quantization;
using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Compression.Tests.Quantization;

public sealed class RoundToNearestTests
{
    [Fact]
    public void A_group_as_wide_as_the_row_is_the_row()
    {
        float[] weights = VectorFile.Random(1, 8 * 64);

        QuantizedMatrix row = RoundToNearest.Quantize(weights, 8, 64, new QuantizationScheme());
        QuantizedMatrix group = RoundToNearest.Quantize(weights, 8, 64, new QuantizationScheme { GroupSize = 64 });

        Assert.Equal(row.Codes, group.Codes);
        Assert.Equal(row.Scales, group.Scales);
    }

    [Fact]
    public void A_weight_touches_only_its_own_group()
    {
        float[] weights = VectorFile.Random(2, 4 * 64);
        QuantizationScheme scheme = new() { GroupSize = 16 };
        QuantizedMatrix before = RoundToNearest.Quantize(weights, 4, 64, scheme);
        weights[64 + 20] = 9;
        QuantizedMatrix after = RoundToNearest.Quantize(weights, 4, 64, scheme);

        Assert.Equal([64 / 16 + 1], Enumerable.Range(0, 16).Where(group => before.Scales[group] != after.Scales[group]));
        Assert.All(
            Enumerable.Range(0, weights.Length).Where(i => before.Codes[i] != after.Codes[i]),
            i => Assert.InRange(i, 64 + 16, 64 + 31));
    }

    [Theory, MemberData(nameof(QuantizationGridTests.DialectsAndBits), MemberType = typeof(QuantizationGridTests))]
    public void Pruned_weights_stay_zero_and_do_not_widen_the_range(QuantizationDialect dialect, int bits)
    {
        float[] weights = VectorFile.Random(4, 16 * 64);
        PruneMask mask = new(16, 64);
        for (int row = 0; row < 16; row++)
        {
            for (int column = row % 3; column < 64; column += 3)
            {
                mask.Set(row, column, kept: false);
                weights[(row * 64) + column] = 100;
            }
        }

        QuantizedMatrix result = RoundToNearest.Quantize(weights, 16, 64, new QuantizationScheme { Bits = bits, GroupSize = 32, Dialect = dialect }, mask);
        float[] decoded = result.Dequantize();

        for (int i = 0; i < decoded.Length; i++)
        {
            if (mask.IsKept(i / 64, i % 64))
            {
                Assert.InRange(Math.Abs(decoded[i] - weights[i]), 0, 6.5f / ((1 << bits) - 2));
            }
            else
            {
                Assert.Equal(0, decoded[i]);
            }
        }
    }

    [Fact]
    public void The_number_of_threads_changes_nothing()
    {
        float[] weights = VectorFile.Random(5, 67 * 96);
        QuantizationScheme scheme = new() { GroupSize = 32, SearchRange = true };
        using WorkerPool one = new(1);
        using WorkerPool three = new(3);

        QuantizedMatrix alone = RoundToNearest.Quantize(weights, 67, 96, scheme, pool: one);
        QuantizedMatrix shared = RoundToNearest.Quantize(weights, 67, 96, scheme, pool: three);

        Assert.Equal(alone.Codes, shared.Codes);
        Assert.Equal(alone.Scales, shared.Scales);
        Assert.Equal(alone.Dequantize(one), shared.Dequantize(three));
    }

    [Fact]
    public void Dialect_d_equals_the_program_of_awq_on_ordinary_and_special_rows()
    {
        foreach (JsonElement vector in VectorFile.Read("awq.json").GetProperty("quantiser").EnumerateArray())
        {
            int[] shape = vector.Shape("W");
            QuantizationScheme scheme = new()
            {
                Bits = vector.GetProperty("bits").GetInt32(),
                GroupSize = vector.GetProperty("group").GetInt32(),
                Dialect = QuantizationDialect.IntegerZero,
            };

            float[] decoded = RoundToNearest.Quantize(vector.Floats("W"), shape[0], shape[1], scheme).Dequantize();

            Assert.Equal(vector.Floats("dequantised"), decoded);
        }
    }
}
