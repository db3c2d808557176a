using Sparrow.Runtime.Kernels;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Kernels;

public sealed unsafe class QuantizeActivationsTests
{
    public static TheoryData<string> KernelSets => [.. KernelSet.Available.Select(set => set.Name)];

    [Fact]
    public void Codes_stay_within_half_a_step_of_the_values()
    {
        Random random = new(1);
        float[] x = [.. Enumerable.Range(0, 32 * 100).Select(i => (random.NextSingle() - 0.5f) * MathF.Pow(10, (i / 32 % 20) - 10))];
        (sbyte[] codes, float[] scales, int[] sums, float[] scaledSums) = Quantize(KernelSet.Reference, x);
        for (int block = 0; block < 100; block++)
        {
            float largest = x.AsSpan(block * 32, 32).ToArray().Max(MathF.Abs);
            for (int i = block * 32; i < (block + 1) * 32; i++)
            {
                Assert.Equal((double)x[i], (double)scales[block] * codes[i], Tolerances.Int8Activation(largest));
            }

            Assert.Equal(codes.AsSpan(block * 32, 16).ToArray().Sum(code => code), sums[2 * block]);
            Assert.Equal(codes.AsSpan((block * 32) + 16, 16).ToArray().Sum(code => code), sums[(2 * block) + 1]);
            Assert.Equal(scales[block] * (sums[2 * block] + sums[(2 * block) + 1]), scaledSums[block]);
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Every_set_gives_the_scalar_codes(string name)
    {
        KernelSet kernels = KernelSet.Select(name);
        Random random = new(2);
        float[] special =
            [0f, -0f, 1e-45f, -1e-38f, 1e-36f, 1e-37f, float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 0.5f, 1.5f, 2.5f, 127f];
        for (int round = 0; round < 300; round++)
        {
            int blocks = 1 + (round % 9);
            float[] x = new float[blocks * 32];
            for (int i = 0; i < x.Length; i++)
            {
                x[i] = round % 3 == 0 && random.Next(8) == 0 ? special[random.Next(special.Length)] : (random.NextSingle() - 0.5f) * 254;
            }

            var expected = Quantize(KernelSet.Reference, x);
            var actual = Quantize(kernels, x);
            Assert.Equal(expected.Codes, actual.Codes);
            Assert.Equal(expected.Scales, actual.Scales);
            Assert.Equal(expected.Sums, actual.Sums);
            Assert.Equal(expected.ScaledSums, actual.ScaledSums);
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void A_block_with_a_value_that_is_not_finite_gets_a_scale_that_is_not(string name)
    {
        float[] x = new float[64];
        x[3] = float.NaN;
        x[40] = float.NegativeInfinity;
        x[41] = 1;
        var result = Quantize(KernelSet.Select(name), x);
        Assert.True(float.IsNaN(result.Scales[0]));
        Assert.Equal(float.PositiveInfinity, result.Scales[1]);
        Assert.All(result.Codes, code => Assert.Equal(0, code));
    }

    private static (sbyte[] Codes, float[] Scales, int[] Sums, float[] ScaledSums) Quantize(KernelSet kernels, float[] x)
    {
        int blocks = x.Length / 32;
        using GuardedMemory input = new(x.Length * sizeof(float));
        using GuardedMemory codes = new(x.Length);
        using GuardedMemory scales = new(blocks * 4);
        using GuardedMemory sums = new(blocks * 8);
        using GuardedMemory scaledSums = new(blocks * 4);
        x.CopyTo(new Span<float>(input.Pointer, x.Length));
        kernels.QuantizeActivations(
            (float*)input.Pointer, blocks, (sbyte*)codes.Pointer, (float*)scales.Pointer, (int*)sums.Pointer, (float*)scaledSums.Pointer);
        return (
            new ReadOnlySpan<sbyte>(codes.Pointer, x.Length).ToArray(),
            new ReadOnlySpan<float>(scales.Pointer, blocks).ToArray(),
            new ReadOnlySpan<int>(sums.Pointer, 2 * blocks).ToArray(),
            new ReadOnlySpan<float>(scaledSums.Pointer, blocks).ToArray());
    }
}
