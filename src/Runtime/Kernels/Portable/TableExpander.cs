using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

/// <summary>Eight elements at a time: their mask's byte chooses a shuffle from a table.</summary>
internal readonly unsafe struct TableExpander : ISparseExpander
{
    private static readonly ulong[] s_bytes = Bytes();
    private static readonly Vector128<byte>[] s_words = Words();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ExpandBytes(byte* values, uint* masks, byte zeroPoint, byte* block)
    {
        fixed (ulong* table = s_bytes)
        {
            Vector128<byte> fill = Vector128.Create(zeroPoint);
            for (int step = 0; step < 8; step++, block += 64)
            {
                for (int part = 0; part < 4; part++)
                {
                    uint mask = ByteMask((byte*)(masks + (4 * part)), step);
                    Expand8(Load8(values), table[mask & 255], fill, block + (16 * part));
                    values += BitOperations.PopCount(mask & 255);
                    Expand8(Load8(values), table[mask >> 8], fill, block + (16 * part) + 8);
                    values += BitOperations.PopCount(mask >> 8);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ExpandNibbles(byte* values, uint* masks, byte zeroPoint, byte* block)
    {
        fixed (ulong* table = s_bytes)
        {
            Vector128<byte> fill = Vector128.Create(zeroPoint);
            byte* next = values;
            for (int step = 0; step < 8; step++, block += 64)
            {
                int shift = step < 4 ? 0 : 4;
                next = step == 4 ? values : next;
                for (int part = 0; part < 4; part++)
                {
                    uint mask = ByteMask((byte*)(masks + (4 * part)), step);
                    Expand8(Nibbles(next, shift), table[mask & 255], fill, block + (16 * part));
                    next += BitOperations.PopCount(mask & 255);
                    Expand8(Nibbles(next, shift), table[mask >> 8], fill, block + (16 * part) + 8);
                    next += BitOperations.PopCount(mask >> 8);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ExpandWords(byte* values, uint* masks, ushort* block)
    {
        fixed (Vector128<byte>* table = s_words)
        {
            for (int step = 0; step < 16; step++, block += 32)
            {
                for (int part = 0; part < 4; part++)
                {
                    uint mask = (Vector128.Load((ushort*)(masks + (4 * part))) << (15 - step)).ExtractMostSignificantBits();
                    Vector128.Shuffle(Vector128.Load(values), table[mask]).AsUInt16().Store(block + (8 * part));
                    values += 2 * BitOperations.PopCount(mask);
                }
            }
        }
    }

    // Bit `step` of 16 bytes: shifted to the top as words, which moves each byte's own bit there.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint ByteMask(byte* masks, int step) => (Vector128.Load((ushort*)masks) << (7 - step)).AsByte().ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Load8(byte* values) => Vector128.CreateScalarUnsafe(*(ulong*)values).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Nibbles(byte* values, int shift) =>
        Vector128.CreateScalarUnsafe((*(ulong*)values >> shift) & 0x0f0f0f0f0f0f0f0f).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Expand8(Vector128<byte> values, ulong places, Vector128<byte> fill, byte* block)
    {
        // Places are 0x80 where nothing is kept: the shuffle leaves zero there, and the sign chooses the fill.
        Vector128<byte> indices = Vector128.CreateScalarUnsafe(places).AsByte();
        Vector128<byte> gaps = Vector128.LessThan(indices.AsSByte(), Vector128<sbyte>.Zero).AsByte();
        *(ulong*)block = (Vector128.Shuffle(values, indices) | (gaps & fill)).AsUInt64().ToScalar();
    }

    private static ulong[] Bytes()
    {
        ulong[] table = new ulong[256];
        for (int mask = 0; mask < 256; mask++)
        {
            int rank = 0;
            for (int place = 0; place < 8; place++)
            {
                ulong index = (mask >> place & 1) != 0 ? (ulong)rank++ : 0x80;
                table[mask] |= index << (8 * place);
            }
        }

        return table;
    }

    private static Vector128<byte>[] Words()
    {
        Vector128<byte>[] table = new Vector128<byte>[256];
        for (int mask = 0; mask < 256; mask++)
        {
            int rank = 0;
            Vector128<byte> entry = Vector128.Create((byte)0x80);
            for (int place = 0; place < 8; place++)
            {
                if ((mask >> place & 1) != 0)
                {
                    entry = entry.WithElement(2 * place, (byte)(2 * rank)).WithElement((2 * place) + 1, (byte)((2 * rank) + 1));
                    rank++;
                }
            }

            table[mask] = entry;
        }

        return table;
    }
}
