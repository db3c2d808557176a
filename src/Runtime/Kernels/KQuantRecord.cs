using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

/// <summary>
/// Where a panel of K-quants keeps what. A <em>record</em> is 16 rows × 256 columns, and one panel's records follow each other, so a product reads one
/// stream: codes, the scales of groups, the records' own scales. Bits alone tell the format: 4 is Q4_K and 5 is Q5_K, with scales and minimums of 32
/// columns; 6 is Q6_K, with signed scales of 16 columns and a zero point.
/// </summary>
/// <remarks>
/// <code>
/// low halves    [8 blocks][4][16 rows][4 bytes]     as 4-bit codes in every panel: columns 0–3 and 4–7 of eight
/// high bits     [8 blocks][1 or 2][16 rows][4 bytes]   5 bits: bit k of byte i is column 4k + i's; 6 bits: bits 2k, 2k + 1 of word j's byte i are
///                                                      column 16j + 4k + i's
/// group scales  [8 or 16][16 rows] bytes
/// minimums      [8][16 rows] bytes                  (not with 6 bits)
/// d             [16 rows] halves
/// −dmin         [16 rows] halves                    (not with 6 bits)
/// </code>
/// </remarks>
internal static unsafe class KQuantRecord
{
    /// <summary>Columns that share d and dmin.</summary>
    public const int Columns = 256;

    public const int BlockCount = Columns / PanelMatrix.BlockColumns;

    /// <summary>Bytes of the low halves of a block's codes; its high bits take an eighth of that for each bit of two.</summary>
    public const int NibbleBytes = PanelMatrix.BlockColumns * PanelMatrix.PanelRows / 2;

    /// <summary>Bytes of a 32-bit lane of each row.</summary>
    public const int WordBytes = PanelMatrix.PanelRows * sizeof(uint);

    private const int HighBitsOffset = BlockCount * NibbleBytes;

    /// <summary>Columns that share a scale of their own.</summary>
    public static int GroupColumns(int bits) => bits == 6 ? 16 : 32;

    public static int GroupCount(int bits) => Columns / GroupColumns(bits);

    public static bool HasMinimums(int bits) => bits < 6;

    /// <summary>The code that stands for zero.</summary>
    public static int ZeroPoint(int bits) => bits == 6 ? 32 : 0;

    /// <summary>Bytes of a record: whole cache lines, which only Q6_K's has to be filled up for.</summary>
    public static int Bytes(int bits) => (MinimumScaleOffset(bits) + (HasMinimums(bits) ? 2 * PanelMatrix.PanelRows : 0) + 63) & ~63;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NibblesOffset(int block) => block * NibbleBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BlockHighBitsOffset(int bits, int block) => HighBitsOffset + (block * (bits - 4) * WordBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int GroupScalesOffset(int bits, int group) => BlockHighBitsOffset(bits, BlockCount) + (group * PanelMatrix.PanelRows);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int GroupMinimumsOffset(int bits, int group) => GroupScalesOffset(bits, GroupCount(bits) + group);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ScaleOffset(int bits) => HasMinimums(bits) ? GroupMinimumsOffset(bits, GroupCount(bits)) : GroupScalesOffset(bits, GroupCount(bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int MinimumScaleOffset(int bits) => ScaleOffset(bits) + (PanelMatrix.PanelRows * sizeof(ushort));

    /// <summary>One code: the definition of the bits.</summary>
    public static int ReadCode(byte* record, int bits, int lane, int column)
    {
        int block = column / PanelMatrix.BlockColumns;
        int inBlock = column % PanelMatrix.BlockColumns;
        byte pair = record[NibblesOffset(block) + (inBlock / 8 * WordBytes) + (lane * 4) + (inBlock % 4)];
        int code = inBlock % 8 < 4 ? pair & 15 : pair >> 4;
        if (bits == 4)
        {
            return code;
        }

        int width = bits - 4;
        int perWord = 8 / width;
        int quad = inBlock / 4;
        byte high = record[BlockHighBitsOffset(bits, block) + (quad / perWord * WordBytes) + (lane * 4) + (inBlock % 4)];
        return code | (((high >> (quad % perWord * width)) & ((1 << width) - 1)) << 4);
    }

    /// <summary>A group's scale, before d.</summary>
    public static int ReadGroupScale(byte* record, int bits, int lane, int group)
    {
        byte stored = record[GroupScalesOffset(bits, group) + lane];
        return bits == 6 ? (sbyte)stored : stored;
    }

    /// <summary>A group's minimum, before −dmin.</summary>
    public static int ReadGroupMinimum(byte* record, int bits, int lane, int group) => record[GroupMinimumsOffset(bits, group) + lane];

    /// <summary>Half-precision bits of d.</summary>
    public static ushort ReadScale(byte* record, int bits, int lane) => ((ushort*)(record + ScaleOffset(bits)))[lane];

    /// <summary>Half-precision bits of −dmin.</summary>
    public static ushort ReadMinimumScale(byte* record, int bits, int lane) => ((ushort*)(record + MinimumScaleOffset(bits)))[lane];
}
