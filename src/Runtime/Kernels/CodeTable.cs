using System.Diagnostics;

namespace Sparrow.Runtime.Kernels;

/// <summary>
/// Sixteen values that 4-bit codes stand for, in the forms that kernels look them up in. The forms in bytes hold value + 128 and serve tables of
/// whole numbers from −128 to 127; each is repeated, since registers look up 16 bytes at a time.
/// </summary>
internal static unsafe class CodeTable
{
    public const int Count = 16;

    /// <summary>What is added to a value to make it an unsigned byte.</summary>
    public const int Offset = 128;

    /// <summary>The values as unsigned bytes.</summary>
    public const int BytesOffset = Count * sizeof(float);

    /// <summary>The bytes' low halves, for instruction sets that cannot multiply whole bytes.</summary>
    public const int LowHalvesOffset = BytesOffset + 64;

    /// <summary>The bytes' high halves.</summary>
    public const int HighHalvesOffset = LowHalvesOffset + 64;

    public const int Size = HighHalvesOffset + 64;

    /// <summary>Whether all values are whole numbers that a signed byte holds.</summary>
    public static bool IsWhole(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (value is not (>= -128 and <= 127) || value != MathF.Truncate(value))
            {
                return false;
            }
        }

        return true;
    }

    public static void Write(ReadOnlySpan<float> values, byte* table)
    {
        Debug.Assert(values.Length == Count, "A code of 4 bits has 16 values.");
        values.CopyTo(new Span<float>(table, Count));
        if (!IsWhole(values))
        {
            return;
        }

        for (int i = 0; i < 64; i++)
        {
            int value = (int)values[i % Count] + Offset;
            table[BytesOffset + i] = (byte)value;
            table[LowHalvesOffset + i] = (byte)(value & 15);
            table[HighHalvesOffset + i] = (byte)(value >> 4);
        }
    }

    /// <summary>A value of a table of whole numbers.</summary>
    public static int ReadWhole(byte* table, int code) => table[BytesOffset + code] - Offset;

    /// <summary>A value.</summary>
    public static float Read(byte* table, int code) => ((float*)table)[code];
}
