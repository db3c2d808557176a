using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sparrow.Runtime.Kernels;

/// <summary>A step of 64 bytes at a time, by <c>vpexpandb</c> and <c>vpexpandw</c>.</summary>
internal readonly unsafe struct Vbmi2Expander : ISparseExpander
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ExpandBytes(byte* values, uint* masks, byte zeroPoint, byte* block)
    {
        Vector512<byte> mask = Vector512.Load((byte*)masks);
        Vector512<byte> fill = Vector512.Create(zeroPoint);
        Vector512<byte> bit = Vector512.Create((byte)1);
        for (int step = 0; step < 8; step++, block += 64, bit += bit)
        {
            Vector512<byte> kept = Vector512.Equals(mask & bit, bit);
            Avx512Vbmi2.Expand(fill, kept, Vector512.Load(values)).Store(block);
            values += BitOperations.PopCount(kept.ExtractMostSignificantBits());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ExpandNibbles(byte* values, uint* masks, byte zeroPoint, byte* block)
    {
        Vector512<byte> mask = Vector512.Load((byte*)masks);
        Vector512<byte> fill = Vector512.Create(zeroPoint);
        Vector512<byte> bit = Vector512.Create((byte)1);
        byte* next = values;
        for (int step = 0; step < 4; step++, block += 64, bit += bit)
        {
            Vector512<byte> kept = Vector512.Equals(mask & bit, bit);
            Avx512Vbmi2.Expand(fill, kept, Lanes512.LowNibbles(Vector512.Load(next))).Store(block);
            next += BitOperations.PopCount(kept.ExtractMostSignificantBits());
        }

        next = values;
        for (int step = 4; step < 8; step++, block += 64, bit += bit)
        {
            Vector512<byte> kept = Vector512.Equals(mask & bit, bit);
            Avx512Vbmi2.Expand(fill, kept, Lanes512.HighNibbles(Vector512.Load(next))).Store(block);
            next += BitOperations.PopCount(kept.ExtractMostSignificantBits());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ExpandWords(byte* values, uint* masks, ushort* block)
    {
        Vector512<ushort> mask = Vector512.Load((ushort*)masks);
        Vector512<ushort> bit = Vector512.Create((ushort)1);
        for (int step = 0; step < 16; step++, block += 32, bit += bit)
        {
            Vector512<ushort> kept = Vector512.Equals(mask & bit, bit);
            Avx512Vbmi2.Expand(Vector512<ushort>.Zero, kept, Vector512.Load((ushort*)values)).Store(block);
            values += 2 * BitOperations.PopCount(kept.ExtractMostSignificantBits());
        }
    }
}
