using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

/// <summary>
/// How quantised keys and values lie for products of 16-bit integers: in <em>units</em> of 16 lanes × 2 codes that are multiplied and added together,
/// as <c>vpmaddwd</c> does. Bytes 2·lane and 2·lane + 1 of a cluster of 32 bytes hold one unit of 8-bit codes; two units of 4 bits, the first in the low
/// halves; or four of 2 bits. So one widening load and a shift and a mask for each unit unpack a cluster.
/// </summary>
internal unsafe interface IPairedCodes
{
    /// <summary>Bits of a code: 8, 4 or 2. A unit takes 4 · bits bytes.</summary>
    static abstract int Bits { get; }

    /// <summary>Four units from the first's beginning on.</summary>
    static abstract void Load4(
        byte* source, out Vector512<short> a, out Vector512<short> b, out Vector512<short> c, out Vector512<short> d);

    /// <summary>Lanes 0 to 7 (part 0) or 8 to 15 (part 1) of four units.</summary>
    static abstract void Load4(
        byte* source, int part, out Vector256<short> a, out Vector256<short> b, out Vector256<short> c, out Vector256<short> d);
}

/// <summary>Single codes of units: for sealing and for the scalar kernels.</summary>
internal static unsafe class PairedCodes
{
    private const int ClusterBytes = 32;

    public static int Load(byte* codes, int bits, int unit, int lane, int member)
    {
        int value = codes[((unit >> UnitShift(bits)) * ClusterBytes) + (2 * lane) + member];
        return (value >> BitShift(bits, unit)) & ((1 << bits) - 1);
    }

    /// <summary>Puts a code into memory that is zero there.</summary>
    public static void Add(byte* codes, int bits, int unit, int lane, int member, int code)
    {
        codes[((unit >> UnitShift(bits)) * ClusterBytes) + (2 * lane) + member] |= (byte)(code << BitShift(bits, unit));
    }

    // A cluster holds 1, 2 or 4 units.
    private static int UnitShift(int bits) => bits == 8 ? 0 : bits == 4 ? 1 : 2;

    private static int BitShift(int bits, int unit) => (unit & ((1 << UnitShift(bits)) - 1)) * bits;
}

/// <summary>A unit is 32 bytes.</summary>
internal readonly unsafe struct PairedBytes : IPairedCodes
{
    public static int Bits => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load4(byte* source, out Vector512<short> a, out Vector512<short> b, out Vector512<short> c, out Vector512<short> d)
    {
        a = PairedWords.Load512(source);
        b = PairedWords.Load512(source + 32);
        c = PairedWords.Load512(source + 64);
        d = PairedWords.Load512(source + 96);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load4(byte* source, int part, out Vector256<short> a, out Vector256<short> b, out Vector256<short> c, out Vector256<short> d)
    {
        source += part * 16;
        a = PairedWords.Load256(source);
        b = PairedWords.Load256(source + 32);
        c = PairedWords.Load256(source + 64);
        d = PairedWords.Load256(source + 96);
    }
}

/// <summary>Two units in 32 bytes.</summary>
internal readonly unsafe struct PairedNibbles : IPairedCodes
{
    public static int Bits => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load4(byte* source, out Vector512<short> a, out Vector512<short> b, out Vector512<short> c, out Vector512<short> d)
    {
        Vector512<short> mask = Vector512.Create((short)15);
        Vector512<short> first = PairedWords.Load512(source);
        a = first & mask;
        b = first >>> 4;
        Vector512<short> second = PairedWords.Load512(source + 32);
        c = second & mask;
        d = second >>> 4;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load4(byte* source, int part, out Vector256<short> a, out Vector256<short> b, out Vector256<short> c, out Vector256<short> d)
    {
        source += part * 16;
        Vector256<short> mask = Vector256.Create((short)15);
        Vector256<short> first = PairedWords.Load256(source);
        a = first & mask;
        b = first >>> 4;
        Vector256<short> second = PairedWords.Load256(source + 32);
        c = second & mask;
        d = second >>> 4;
    }
}

/// <summary>Four units in 32 bytes.</summary>
internal readonly unsafe struct PairedCrumbs : IPairedCodes
{
    public static int Bits => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load4(byte* source, out Vector512<short> a, out Vector512<short> b, out Vector512<short> c, out Vector512<short> d)
    {
        Vector512<short> mask = Vector512.Create((short)3);
        Vector512<short> all = PairedWords.Load512(source);
        a = all & mask;
        b = (all >>> 2) & mask;
        c = (all >>> 4) & mask;
        d = all >>> 6;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load4(byte* source, int part, out Vector256<short> a, out Vector256<short> b, out Vector256<short> c, out Vector256<short> d)
    {
        Vector256<short> mask = Vector256.Create((short)3);
        Vector256<short> all = PairedWords.Load256(source + (part * 16));
        a = all & mask;
        b = (all >>> 2) & mask;
        c = (all >>> 4) & mask;
        d = all >>> 6;
    }
}

/// <summary>Bytes as words.</summary>
internal static unsafe class PairedWords
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Load512(byte* source) => Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe()).AsInt16();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Load256(byte* source) => Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()).AsInt16();
}
