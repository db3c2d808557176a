using Sparrow.Runtime.Kernels;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Kernels;

/// <summary>Norms, rotation, gates, sums and halves of every kernel set against the scalar definitions, at every length up to 257.</summary>
public sealed unsafe class ElementwiseTests
{
    public static TheoryData<string> KernelSets => [.. KernelSet.Available.Select(set => set.Name)];

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Norms_match_the_definition_at_every_length(string name)
    {
        KernelSet kernels = KernelSet.Select(name);
        for (int count = 1; count <= 257; count++)
        {
            using GuardedFloats x = GuardedFloats.Normal(count, count, 3);
            using GuardedFloats weight = GuardedFloats.Normal(count, count + 1000);
            using GuardedFloats bias = GuardedFloats.Normal(count, count + 2000);
            using GuardedFloats expected = new(count);
            using GuardedFloats found = new(count);
            KernelSet.Reference.RmsNorm(x.Pointer, weight.Pointer, 1e-5f, expected.Pointer, count);
            kernels.RmsNorm(x.Pointer, weight.Pointer, 1e-5f, found.Pointer, count);
            AssertNear(expected.Span, found.Span, Tolerances.Norm);
            KernelSet.Reference.LayerNorm(x.Pointer, weight.Pointer, bias.Pointer, 1e-5f, expected.Pointer, count);
            kernels.LayerNorm(x.Pointer, weight.Pointer, bias.Pointer, 1e-5f, found.Pointer, count);
            AssertNear(expected.Span, found.Span, Tolerances.Norm);
            KernelSet.Reference.LayerNorm(x.Pointer, weight.Pointer, null, 1e-5f, expected.Pointer, count);
            kernels.LayerNorm(x.Pointer, weight.Pointer, null, 1e-5f, x.Pointer, count);
            AssertNear(expected.Span, x.Span, Tolerances.Norm);
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Rotation_matches_the_definition_for_every_share_of_a_head(string name)
    {
        KernelSet kernels = KernelSet.Select(name);
        foreach (int headSize in new[] { 2, 16, 20, 24, 64, 80, 128, 256 })
        {
            for (int half = 1; half <= headSize / 2; half++)
            {
                using GuardedFloats expected = GuardedFloats.Normal(3 * headSize, half);
                using GuardedFloats found = GuardedFloats.Of(expected.Span);
                using GuardedFloats cosines = GuardedFloats.Normal(half, half + 1);
                using GuardedFloats sines = GuardedFloats.Normal(half, half + 2);
                KernelSet.Reference.RotateHalves(expected.Pointer, 3, headSize, half, cosines.Pointer, sines.Pointer);
                kernels.RotateHalves(found.Pointer, 3, headSize, half, cosines.Pointer, sines.Pointer);
                AssertNear(expected.Span, found.Span, Tolerances.Rotation);
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Gates_match_the_definition_at_every_length(string name)
    {
        KernelSet kernels = KernelSet.Select(name);
        (GateKernel Expected, GateKernel Found)[] gates =
        [
            (KernelSet.Reference.GateSilu, kernels.GateSilu),
            (KernelSet.Reference.GateGelu, kernels.GateGelu),
            (KernelSet.Reference.GateGeluTanh, kernels.GateGeluTanh),
            (KernelSet.Reference.GateRelu, kernels.GateRelu),
        ];
        foreach ((GateKernel expectedKernel, GateKernel foundKernel) in gates)
        {
            for (int count = 0; count <= 257; count++)
            {
                using GuardedFloats up = GuardedFloats.Normal(count, count + 1);
                using GuardedFloats expected = GuardedFloats.Normal(count, count, 5);
                using GuardedFloats found = GuardedFloats.Of(expected.Span);
                float* factor = count % 3 == 0 ? null : up.Pointer;
                expectedKernel(expected.Pointer, factor, count);
                foundKernel(found.Pointer, factor, count);
                AssertNear(expected.Span, found.Span, Tolerances.Gate);
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Silu_keeps_its_limits_far_from_zero(string name)
    {
        float[] values = [0, -0f, 1e-30f, -1e-30f, 50, -50, 90, -90, 1000, -1000, 1e30f, -1e30f, float.Epsilon, 3, -3, 17, -17];
        using GuardedFloats x = GuardedFloats.Of(values);
        KernelSet.Select(name).GateSilu(x.Pointer, null, values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            double expected = values[i] / (1 + Math.Exp(-(double)values[i]));
            Assert.Equal(expected, x.Span[i], 1e-30 + (1e-6 * Math.Abs(expected)));
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0.8413447460685429)]
    [InlineData(-1, -0.15865525393145707)]
    [InlineData(2.5, 2.484475838319686)]
    [InlineData(-4, -1.2668496587813e-4)]
    [InlineData(6, 5.999999994080475)]
    public void Exact_gelu_is_the_product_with_the_normal_distribution(double x, double expected)
    {
        float y = (float)x;
        KernelSet.Reference.GateGelu(&y, null, 1);
        Assert.Equal(expected, y, 1e-7 * Math.Max(1e-3, Math.Abs(expected)));
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Adding_a_branch_matches_the_definition(string name)
    {
        KernelSet kernels = KernelSet.Select(name);
        for (int count = 0; count <= 257; count++)
        {
            using GuardedFloats y = GuardedFloats.Normal(count, count + 1);
            using GuardedFloats expected = GuardedFloats.Normal(count, count);
            using GuardedFloats found = GuardedFloats.Of(expected.Span);
            KernelSet.Reference.AddScaled(expected.Pointer, y.Pointer, 0.22f, count);
            kernels.AddScaled(found.Pointer, y.Pointer, 0.22f, count);
            AssertNear(expected.Span, found.Span, Tolerances.Rotation);
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Every_finite_half_widens_exactly_and_comes_back(string name)
    {
        KernelSet kernels = KernelSet.Select(name);
        ushort[] halves = [.. Enumerable.Range(0, 65536).Select(bits => (ushort)bits).Where(bits => Half.IsFinite(BitConverter.UInt16BitsToHalf(bits)))];
        float[] floats = new float[halves.Length];
        ushort[] back = new ushort[halves.Length];
        fixed (ushort* x = halves, z = back)
        {
            fixed (float* y = floats)
            {
                kernels.FromHalf(x, y, halves.Length);
                kernels.ToHalf(y, z, halves.Length);
            }
        }

        for (int i = 0; i < halves.Length; i++)
        {
            Assert.Equal((float)BitConverter.UInt16BitsToHalf(halves[i]), floats[i]);
        }

        Assert.Equal(halves, back);
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Floats_round_to_the_nearest_half_and_saturate(string name)
    {
        Random random = new(11);
        float[] values = new float[20_003];
        for (int i = 0; i < values.Length; i++)
        {
            // Bit patterns around the range of halves: subnormal ones, ties, and what lies beyond the largest.
            uint exponent = (uint)random.Next(95, 148);
            uint mantissa = random.Next(4) == 0 ? (uint)random.Next(1 << 11) << 12 : (uint)random.Next(1 << 23);
            values[i] = BitConverter.UInt32BitsToSingle(((uint)random.Next(2) << 31) | (exponent << 23) | mantissa);
        }

        ushort[] expected = new ushort[values.Length];
        ushort[] found = new ushort[values.Length];
        fixed (float* x = values)
        {
            fixed (ushort* y = expected, z = found)
            {
                KernelSet.Reference.ToHalf(x, y, values.Length);
                KernelSet.Select(name).ToHalf(x, z, values.Length);
            }
        }

        Assert.Equal(expected, found);
        Assert.Contains((ushort)0x7BFF, found);
    }

    private static void AssertNear(ReadOnlySpan<float> expected, ReadOnlySpan<float> found, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            double bound = tolerance * (1 + Math.Abs(expected[i]));
            Assert.True(Math.Abs((double)expected[i] - found[i]) <= bound, $"At {i} of {expected.Length}: {found[i]:g9} instead of {expected[i]:g9}.");
        }
    }
}
