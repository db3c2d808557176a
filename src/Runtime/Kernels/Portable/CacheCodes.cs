using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sparrow.Runtime.Kernels;

/// <summary>How quantised keys and values lie: unsigned codes, sixteen after sixteen. The kernels read them as the floats 0, 1, 2, …; scale and
/// minimum are applied to queries, scores or weights instead.</summary>
internal unsafe interface ICacheCodes : ICacheElements
{
    /// <summary>Bits of a code: 8, 4 or 2.</summary>
    static abstract int Bits { get; }

    /// <summary>Packs sixteen codes, each within the bits.</summary>
    static abstract void Store16(int* codes, void* destination, int index);
}

/// <summary>Bytes.</summary>
internal readonly unsafe struct ByteCodes : ICacheCodes
{
    public static int Bits => 8;

    public static float Load1(void* source, int index) => ((byte*)source)[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load8(void* source, int index)
    {
        Vector128<ushort> words = Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>((byte*)source + index)).AsByte());
        return Vector256.ConvertToSingle(Vector256.WidenLower(words.ToVector256Unsafe()).AsInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load16(void* source, int index) =>
        Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(Vector128.Load((byte*)source + index)));

    public static void Store16(int* codes, void* destination, int index)
    {
        for (int i = 0; i < 16; i++)
        {
            ((byte*)destination)[index + i] = (byte)codes[i];
        }
    }
}

/// <summary>Sixteen codes of four bits in two words of 32 bits: code i in word i mod 2 from bit 4 · ⌊i / 2⌋ on, so that eight bytes repeated over
/// a register and one shift for each lane unpack them.</summary>
internal readonly unsafe struct NibbleCodes : ICacheCodes
{
    public static int Bits => 4;

    private static Vector256<uint> LowShifts => Vector256.Create(0u, 0, 4, 4, 8, 8, 12, 12);

    private static Vector256<uint> HighShifts => Vector256.Create(16u, 16, 20, 20, 24, 24, 28, 28);

    public static float Load1(void* source, int index)
    {
        uint word = ((uint*)source)[(index / 16 * 2) + (index & 1)];
        return (word >> ((index & 14) * 2)) & 15;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load8(void* source, int index)
    {
        Vector256<uint> words = Vector256.Create(((ulong*)source)[index / 16]).AsUInt32();
        Vector256<uint> shifted = CodeShifts.Right(words, (index & 8) == 0 ? LowShifts : HighShifts);
        return Vector256.ConvertToSingle((shifted & Vector256.Create(15u)).AsInt32());
    }

    // A table of sixteen floats looks at the four lowest bits of an index only: mask and conversion in one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load16(void* source, int index)
    {
        Vector512<uint> words = Vector512.Create(((ulong*)source)[index / 16]).AsUInt32();
        Vector512<uint> shifted = Avx512F.ShiftRightLogicalVariable(words, Vector512.Create(LowShifts, HighShifts));
        return Avx512F.PermuteVar16x32(
            Vector512.Create(0f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), shifted.AsInt32());
    }

    public static void Store16(int* codes, void* destination, int index)
    {
        uint even = 0;
        uint odd = 0;
        for (int i = 14; i >= 0; i -= 2)
        {
            even = (even << 4) | (uint)codes[i];
            odd = (odd << 4) | (uint)codes[i + 1];
        }

        uint* words = (uint*)destination + (index / 16 * 2);
        words[0] = even;
        words[1] = odd;
    }
}

/// <summary>Sixteen codes of two bits in a word of 32, the first in its lowest bits.</summary>
internal readonly unsafe struct CrumbCodes : ICacheCodes
{
    public static int Bits => 2;

    private static Vector256<uint> LowShifts => Vector256.Create(0u, 2, 4, 6, 8, 10, 12, 14);

    private static Vector256<uint> HighShifts => Vector256.Create(16u, 18, 20, 22, 24, 26, 28, 30);

    public static float Load1(void* source, int index) => (((uint*)source)[index / 16] >> ((index & 15) * 2)) & 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load8(void* source, int index)
    {
        Vector256<uint> words = Vector256.Create(((uint*)source)[index / 16]);
        Vector256<uint> shifted = CodeShifts.Right(words, (index & 8) == 0 ? LowShifts : HighShifts);
        return Vector256.ConvertToSingle((shifted & Vector256.Create(3u)).AsInt32());
    }

    // The next code's two bits pass through the index too, so the table repeats itself.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load16(void* source, int index)
    {
        Vector512<uint> words = Vector512.Create(((uint*)source)[index / 16]);
        Vector512<uint> shifted = Avx512F.ShiftRightLogicalVariable(words, Vector512.Create(LowShifts, HighShifts));
        return Avx512F.PermuteVar16x32(
            Vector512.Create(0f, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3), shifted.AsInt32());
    }

    public static void Store16(int* codes, void* destination, int index)
    {
        uint word = 0;
        for (int i = 15; i >= 0; i--)
        {
            word = (word << 2) | (uint)codes[i];
        }

        ((uint*)destination)[index / 16] = word;
    }
}

/// <summary>Shifts by a count for each lane.</summary>
internal static class CodeShifts
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Right(Vector256<uint> x, Vector256<uint> counts)
    {
        if (Avx2.IsSupported)
        {
            return Avx2.ShiftRightLogicalVariable(x, counts);
        }

        // Elsewhere lane by lane: right, if not fast.
        Vector256<uint> result = x;
        for (int i = 0; i < Vector256<uint>.Count; i++)
        {
            result = result.WithElement(i, x.GetElement(i) >> (int)counts.GetElement(i));
        }

        return result;
    }
}
