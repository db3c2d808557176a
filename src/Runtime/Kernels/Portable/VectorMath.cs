using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sparrow.Runtime.Kernels;

/// <summary>Functions on whole vectors, at two widths with the same steps, so that a lane's result does not depend on the width.</summary>
internal static class VectorMath
{
    // e^x: x = n ln 2 + r with |r| ≤ ln 2 / 2 (ln 2 in two parts, Cody and Waite), e^r by the polynomial of Cephes' expf (Moshier), 2^n put into
    // the exponent. Within 2e-7 relative; below the smallest normal result it gives 0, near the largest infinity.
    private const float Log2E = 1.44269504088896341f;
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;
    private const float SmallestArgument = -87.33654f;
    private const float LargestArgument = 88.3762626647949f;
    private const float C0 = 1.9875691500e-4f;
    private const float C1 = 1.3981999507e-3f;
    private const float C2 = 8.3334519073e-3f;
    private const float C3 = 4.1665795894e-2f;
    private const float C4 = 1.6666665459e-1f;
    private const float C5 = 5.0000001201e-1f;

    // Widening a half by shifting its bits leaves the exponent 112 too small.
    private const float HalfExponentGap = 5.192296858534828e33f;
    private const int HalfMask = unchecked((int)0x8FFFFFFF);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        Vector256<float> clamped = Vector256.Min(Vector256.Max(x, Vector256.Create(SmallestArgument)), Vector256.Create(LargestArgument));
        Vector256<float> n = Vector256.Round(clamped * Log2E);
        Vector256<float> r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-Ln2High), clamped);
        r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-Ln2Low), r);
        Vector256<float> p = Vector256.MultiplyAddEstimate(Vector256.Create(C0), r, Vector256.Create(C1));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(C2));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(C3));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(C4));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(C5));
        p = Vector256.MultiplyAddEstimate(p, r * r, r) + Vector256<float>.One;
        Vector256<float> power = ((Vector256.ConvertToInt32(n) + Vector256.Create(127)) << 23).AsSingle();
        Vector256<float> finite = Vector256.AndNot(p * power, Vector256.LessThan(x, Vector256.Create(SmallestArgument)));
        return Vector256.ConditionalSelect(Vector256.GreaterThan(x, Vector256.Create(LargestArgument)), Vector256.Create(float.PositiveInfinity), finite);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        Vector512<float> clamped = Vector512.Min(Vector512.Max(x, Vector512.Create(SmallestArgument)), Vector512.Create(LargestArgument));
        Vector512<float> n = Vector512.Round(clamped * Log2E);
        Vector512<float> r = Vector512.MultiplyAddEstimate(n, Vector512.Create(-Ln2High), clamped);
        r = Vector512.MultiplyAddEstimate(n, Vector512.Create(-Ln2Low), r);
        Vector512<float> p = Vector512.MultiplyAddEstimate(Vector512.Create(C0), r, Vector512.Create(C1));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(C2));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(C3));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(C4));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(C5));
        p = Vector512.MultiplyAddEstimate(p, r * r, r) + Vector512<float>.One;
        Vector512<float> power = ((Vector512.ConvertToInt32(n) + Vector512.Create(127)) << 23).AsSingle();
        Vector512<float> finite = Vector512.AndNot(p * power, Vector512.LessThan(x, Vector512.Create(SmallestArgument)));
        return Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512.Create(LargestArgument)), Vector512.Create(float.PositiveInfinity), finite);
    }

    /// <summary>e^x of x ≤ 0 with AVX-512: no case to choose between. Results below the smallest normal number are kept as far as there are any; −∞
    /// gives 0, what is no number stays none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ExpOfNegative(Vector512<float> x)
    {
        // e^−110 is less than half the smallest subnormal number. Of two operands the instruction gives the second where one is no number.
        x = Vector512.MaxNative(Vector512.Create(-110f), x);
        Vector512<float> n = Avx512F.RoundScale(x * Log2E, 0);
        Vector512<float> r = Vector512.MultiplyAddEstimate(n, Vector512.Create(-Ln2High), x);
        r = Vector512.MultiplyAddEstimate(n, Vector512.Create(-Ln2Low), r);
        Vector512<float> p = Vector512.MultiplyAddEstimate(Vector512.Create(C0), r, Vector512.Create(C1));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(C2));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(C3));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(C4));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(C5));
        p = Vector512.MultiplyAddEstimate(p, r * r, r) + Vector512<float>.One;
        return Avx512F.Scale(p, n);
    }

    /// <summary>Eight finite halves as floats, subnormal ones too: the bits shifted into place, then the exponent mended by a multiplication.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector256<float> LoadHalves8(ushort* source)
    {
        Vector128<short> bits = Vector128.Load((short*)source);
        Vector256<int> wide = Vector256.WidenLower(bits.ToVector256Unsafe());
        return ((wide << 13) & Vector256.Create(HalfMask)).AsSingle() * HalfExponentGap;
    }

    /// <inheritdoc cref="LoadHalves8"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector512<float> LoadHalves16(ushort* source)
    {
        Vector256<short> bits = Vector256.Load((short*)source);
        Vector512<int> wide = Vector512.WidenLower(bits.ToVector512Unsafe());
        return ((wide << 13) & Vector512.Create(HalfMask)).AsSingle() * HalfExponentGap;
    }

    /// <summary>Eight floats rounded to halves, ties to even, the largest half standing for all beyond it; the bits in the low 16 of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> ToHalfBits(Vector256<float> x)
    {
        Vector256<uint> bits = x.AsUInt32();
        Vector256<uint> sign = (bits >>> 16) & Vector256.Create(0x8000u);
        Vector256<float> size = Vector256.Min(Vector256.Abs(x), Vector256.Create(65504f));

        // Normal halves: add just under half a unit of the last place kept, one more where that place is odd, and cut.
        Vector256<uint> magnitude = size.AsUInt32();
        Vector256<uint> odd = (magnitude >>> 13) & Vector256<uint>.One;
        Vector256<uint> normal = (magnitude + Vector256.Create(0xFFFu) + odd - Vector256.Create(112u << 23)) >>> 13;

        // Subnormal halves are multiples of 2^−24, which is the last place of 1/2: adding 1/2 makes the processor do the rounding.
        Vector256<float> half = Vector256.Create(0.5f);
        Vector256<uint> subnormal = (size + half).AsUInt32() - half.AsUInt32();
        Vector256<uint> isSmall = Vector256.LessThan(size, Vector256.Create(6.103515625e-5f)).AsUInt32();
        return Vector256.ConditionalSelect(isSmall, subnormal, normal) | sign;
    }
}
