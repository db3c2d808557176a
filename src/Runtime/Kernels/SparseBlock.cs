using System.Diagnostics;
using System.Numerics;

namespace Sparrow.Runtime.Kernels;

/// <summary>
/// The bits of a sparse block: 16 rows × 32 columns, a mask word a row, and what is kept, packed in the order of the dense panel.
/// </summary>
/// <remarks>
/// A dense panel goes in <em>steps</em> of 64 bytes: 16 rows × 4 columns of codes, or × 2 columns of bf16. Bit j of a mask word's byte e is column
/// 4j + e (codes), bit j of its half e is column 2j + e (bf16): so the 16 words taken as one register and tested for bit j give the mask of step j,
/// with one instruction. Values follow each other by step, then row, then column; 4-bit codes of steps 0–3 are the low halves of the bytes and
/// those of steps 4–7 the high halves, each packed from the block's first byte on.
/// </remarks>
internal static unsafe class SparseBlock
{
    /// <summary>Codes in a block.</summary>
    public const int Elements = PanelMatrix.BlockColumns * PanelMatrix.PanelRows;

    /// <summary>Bytes that may be read behind the last value, since vectors are loaded whole.</summary>
    public const int ReadAhead = 64;

    /// <summary>The mask bit of a column.</summary>
    /// <param name="column">Column in the block.</param>
    /// <param name="stepColumns">4 for codes, 2 for bf16.</param>
    public static uint Bit(int column, int stepColumns) => 1u << ((column % stepColumns * (32 / stepColumns)) + (column / stepColumns));

    /// <summary>A mask word from the bits of a row, the first column the lowest.</summary>
    /// <param name="columns">One bit a column.</param>
    /// <param name="stepColumns">4 for codes, 2 for bf16.</param>
    public static uint Arrange(uint columns, int stepColumns)
    {
        uint mask = 0;
        for (int part = 0; part < stepColumns; part++)
        {
            // Every second or fourth bit moves next to its predecessor, pairs, then fours at a time.
            uint bits = columns >> part;
            if (stepColumns == 2)
            {
                bits &= 0x5555_5555;
                bits = (bits | (bits >> 1)) & 0x3333_3333;
                bits = (bits | (bits >> 2)) & 0x0F0F_0F0F;
                bits = (bits | (bits >> 4)) & 0x00FF_00FF;
                bits = (bits | (bits >> 8)) & 0x0000_FFFF;
            }
            else
            {
                bits &= 0x1111_1111;
                bits = (bits | (bits >> 3)) & 0x0303_0303;
                bits = (bits | (bits >> 6)) & 0x000F_000F;
                bits = (bits | (bits >> 12)) & 0x0000_00FF;
            }

            mask |= bits << (part * (32 / stepColumns));
        }

        return mask;
    }

    /// <summary>Whether an element is kept.</summary>
    public static bool IsKept(uint* masks, int row, int column, int stepColumns) => (masks[row] & Bit(column, stepColumns)) != 0;

    /// <summary>How many elements are kept from one step up to an element: its place among the values.</summary>
    public static int Rank(uint* masks, int firstStep, int row, int column, int stepColumns)
    {
        int bits = 32 / stepColumns;
        int step = column / stepColumns;
        Debug.Assert(step >= firstStep, "The element does not lie before the steps that are counted.");

        // One part of a word for each column of a step; a part has a bit a step.
        uint parts = 0;
        for (int part = 0; part < stepColumns; part++)
        {
            parts |= 1u << (part * bits);
        }

        uint before = parts * ((1u << step) - (1u << firstStep));
        uint own = parts << step;
        int rank = 0;
        for (int i = 0; i < PanelMatrix.PanelRows; i++)
        {
            rank += BitOperations.PopCount(masks[i] & (i < row ? before | own : before));
        }

        uint left = own & ((1u << (column % stepColumns * bits)) - 1);
        return rank + BitOperations.PopCount(masks[row] & left);
    }

    public static int ReadCode8(byte* values, uint* masks, int row, int column, int zeroPoint) =>
        IsKept(masks, row, column, 4) ? values[Rank(masks, 0, row, column, 4)] : zeroPoint;

    public static int ReadCode4(byte* values, uint* masks, int row, int column, int zeroPoint)
    {
        if (!IsKept(masks, row, column, 4))
        {
            return zeroPoint;
        }

        return column < PanelMatrix.BlockColumns / 2
            ? values[Rank(masks, 0, row, column, 4)] & 15
            : values[Rank(masks, 4, row, column, 4)] >> 4;
    }

    public static ushort ReadWord(byte* values, uint* masks, int row, int column) =>
        IsKept(masks, row, column, 2) ? ((ushort*)values)[Rank(masks, 0, row, column, 2)] : (ushort)0;
}
