using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.Tensors.Layouts;

/// <summary>A row's 4-bit codes in a panel.</summary>
internal static unsafe class PanelNibbles
{
    /// <summary>
    /// Eight codes become one 32-bit word: low nibbles columns 0–3, high nibbles columns 4–7. The last word is filled up with zeros, which meet
    /// activations that are zero.
    /// </summary>
    public static void Set(uint* target, ReadOnlySpan<byte> codes)
    {
        int whole = codes.Length & ~7;
        ref byte start = ref MemoryMarshal.GetReference(codes);
        for (int column = 0; column < whole; column += 8, target += PanelMatrix.PanelRows)
        {
            ulong eight = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, column));
            *target = Pack(eight);
        }

        if (whole < codes.Length)
        {
            ulong rest = 0;
            for (int column = codes.Length - 1; column >= whole; column--)
            {
                rest = (rest << 8) | codes[column];
            }

            *target = Pack(rest);
        }
    }

    /// <summary>The code of a column; the pointer is the row's first word.</summary>
    public static int Get(byte* row, int column)
    {
        byte pair = row[((column / 8) * PanelMatrix.PanelRows * 4) + (column % 4)];
        return column % 8 < 4 ? pair & 15 : pair >> 4;
    }

    private static uint Pack(ulong eight) => (uint)eight | ((uint)(eight >> 32) << 4);
}
