using System.Numerics;
using System.Runtime.InteropServices;

namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>Which weights of a layer are stored: a bit each, bit j of byte k of a row being column 8k + j.</summary>
internal sealed class StoredMask
{
    private readonly StoredPart _part;
    private readonly int _rowBytes;

    /// <exception cref="CheckpointException">Another type or shape.</exception>
    public StoredMask(StoredPart part, int rows, int columns)
    {
        _rowBytes = (columns + 7) / 8;
        _part = part.Expect("U8", rows, _rowBytes);
        Columns = columns;
        Rows = rows;
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Counts the kept weights of each row.</summary>
    /// <exception cref="CheckpointException">There are bits beyond the last column.</exception>
    public int[] Count()
    {
        int[] kept = new int[Rows];
        ReadOnlySpan<byte> bits = _part.As<byte>();
        int columns = Columns;
        int beyond = columns % 8 == 0 ? 0 : 0xFF << (columns % 8) & 0xFF;
        for (int row = 0; row < kept.Length; row++)
        {
            ReadOnlySpan<byte> bytes = bits.Slice(row * _rowBytes, _rowBytes);
            if ((bytes[^1] & beyond) != 0)
            {
                throw new CheckpointException(
                    _part.File, "the mask keeps weights beyond the last column", tensor: _part.Entry.Name, field: $"row {row}", expected: $"bits for {columns} columns", found: $"0x{bytes[^1]:x2} in the last byte");
            }

            foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes))
            {
                kept[row] += BitOperations.PopCount(word);
            }

            foreach (byte eight in bytes[(bytes.Length & ~7)..])
            {
                kept[row] += BitOperations.PopCount(eight);
            }
        }

        return kept;
    }

    public ReadOnlySpan<byte> Row(int row) => _part.As<byte>().Slice(row * _rowBytes, _rowBytes);

    /// <summary>The bits of 32 columns, the first the lowest.</summary>
    public uint Block(int row, int block)
    {
        ReadOnlySpan<byte> bytes = Row(row)[(block * sizeof(uint))..];
        if (bytes.Length >= sizeof(uint))
        {
            return MemoryMarshal.Read<uint>(bytes);
        }

        uint bits = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            bits |= (uint)bytes[i] << (8 * i);
        }

        return bits;
    }

    /// <summary>Checks that rows follow each other without gaps or overlaps, as the mask's counts say.</summary>
    /// <param name="kept">Of each row.</param>
    /// <param name="offsets">The stored beginning of each row, or null where none is stored.</param>
    /// <param name="lengthOf">What a row takes, from its number of kept weights.</param>
    /// <returns>Where each row begins, and behind the last one where the list ends.</returns>
    /// <exception cref="CheckpointException">An offset is another.</exception>
    public static long[] CheckOffsets(int[] kept, StoredPart? offsets, Func<int, long> lengthOf)
    {
        long[] starts = new long[kept.Length + 1];
        for (int row = 0; row < kept.Length; row++)
        {
            starts[row + 1] = starts[row] + lengthOf(kept[row]);
        }

        if (offsets is null)
        {
            return starts;
        }

        ReadOnlySpan<long> stored = offsets.As<long>();
        for (int row = 0; row < stored.Length; row++)
        {
            if (stored[row] != starts[row])
            {
                throw new CheckpointException(
                    offsets.File, "a row does not begin where the mask's rows before it end", tensor: offsets.Entry.Name, field: $"[{row}]", expected: $"{starts[row]}", found: $"{stored[row]}");
            }
        }

        return starts;
    }
}
