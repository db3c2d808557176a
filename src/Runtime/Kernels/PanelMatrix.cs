namespace Sparrow.Runtime.Kernels;

/// <summary>
/// A weight matrix as kernels see it: panels of 16 rows, so that a vector lane is a row and no kernel ever adds across lanes.
/// </summary>
/// <remarks>
/// Inside a panel, a 32-bit lane holds one row's next column (f32), two columns (bf16, f16), four (8-bit codes) or eight (4-bit codes: low nibbles
/// columns 0–3, high nibbles columns 4–7), and 16 lanes follow each other before the next columns do. Rows are padded to 16 and columns to 32.
/// A sparse matrix keeps what is not zero in the same order, and says where it belongs in masks (<see cref="SparseBlock"/>).
/// </remarks>
internal readonly unsafe struct PanelMatrix
{
    /// <summary>Rows in a panel: the lanes of a 512-bit vector of floats.</summary>
    public const int PanelRows = 16;

    /// <summary>Columns that are summed before their sum is added to the total, and that share a scale in int8 activations.</summary>
    public const int BlockColumns = 32;

    public PanelMatrix(
        byte* values, long panelBytes, int columns, ushort* scales, ushort* minimums, int groupColumns, int zeroPoint, byte* zeroPoints = null)
    {
        Values = values;
        PanelBytes = panelBytes;
        Columns = columns;
        Scales = scales;
        Minimums = minimums;
        GroupColumns = groupColumns;
        GroupCount = groupColumns == 0 ? 0 : (columns + groupColumns - 1) / groupColumns;
        ZeroPoint = zeroPoint;
        ZeroPoints = zeroPoints;
    }

    /// <summary>A sparse matrix: its panels and blocks begin where offsets say.</summary>
    public PanelMatrix(
        byte* values, long* panelOffsets, uint* blockOffsets, uint* masks, int columns, ushort* scales, int groupColumns, int zeroPoint)
        : this(values, 0, columns, scales, null, groupColumns, zeroPoint)
    {
        PanelOffsets = panelOffsets;
        BlockOffsets = blockOffsets;
        Masks = masks;
    }

    /// <summary>A matrix of 4-bit codes into a table (<see cref="CodeTable"/>), with float scales and maybe minimums.</summary>
    public PanelMatrix(byte* values, long panelBytes, int columns, float* scales, float* minimums, int groupColumns, byte* table)
        : this(values, panelBytes, columns, null, null, groupColumns, 0)
    {
        FloatScales = scales;
        FloatMinimums = minimums;
        Table = table;
    }

    /// <summary>Elements or codes, one panel after the other.</summary>
    public byte* Values { get; }

    public long PanelBytes { get; }

    /// <summary>Columns, padding included.</summary>
    public int Columns { get; }

    /// <summary>f16 bits, <c>[panel, group, 16]</c>; null in dense matrices.</summary>
    public ushort* Scales { get; }

    /// <summary>f16 bits, <c>[panel, group, 16]</c>; null where the codes have a zero point only.</summary>
    public ushort* Minimums { get; }

    /// <summary>Columns that share a scale: 16 or a multiple of 32.</summary>
    public int GroupColumns { get; }

    public int GroupCount { get; }

    /// <summary>The code that stands for zero; with zero points of groups, the one that kernels take out of the codes' sum.</summary>
    public int ZeroPoint { get; }

    /// <summary>
    /// The codes that stand for zero, <c>[panel, group, 16]</c>; null where all groups share one. A weight is then scale · (code − ZeroPoint) plus
    /// the minimum scale · (ZeroPoint − its group's): both are exact, and so is their sum.
    /// </summary>
    public byte* ZeroPoints { get; }

    /// <summary>Scales of codes into a table, <c>[panel, group, 16]</c>; null elsewhere.</summary>
    public float* FloatScales { get; }

    /// <summary>Minimums of codes into a table, <c>[panel, group, 16]</c>; null where there are none.</summary>
    public float* FloatMinimums { get; }

    /// <summary>What codes stand for (<see cref="CodeTable"/>); null where they are numbers themselves.</summary>
    public byte* Table { get; }

    /// <summary>Whether something is added to the product of scale and code.</summary>
    public bool HasMinimums => Minimums is not null || ZeroPoints is not null;

    /// <summary>Where a panel's values begin, <c>[panel]</c>; null in matrices that are not sparse.</summary>
    public long* PanelOffsets { get; }

    /// <summary>Where a block's values begin, in bytes from the panel's beginning, <c>[panel, block]</c>.</summary>
    public uint* BlockOffsets { get; }

    /// <summary>Which elements are kept, a word a row and block, <c>[panel, block, 16]</c>, aligned to 64 bytes.</summary>
    public uint* Masks { get; }

    public int BlockCount => Columns / BlockColumns;

    public byte* PanelValues(int panel) => Values + (panel * PanelBytes);

    public uint* BlockMasks(int panel, int block) => Masks + ((((long)panel * BlockCount) + block) * PanelRows);

    /// <summary>A sparse block's values; 64 bytes may be read from any place of them.</summary>
    public byte* BlockValues(int panel, int block) => Values + PanelOffsets[panel] + BlockOffsets[((long)panel * BlockCount) + block];

    /// <summary>Where the scales of a panel's group begin.</summary>
    public long PanelGroup(int panel, int group) => (((long)panel * GroupCount) + group) * PanelRows;

    public ushort* PanelScales(int panel) => Scales + ((long)panel * GroupCount * PanelRows);

    public ushort* PanelMinimums(int panel) => Minimums is null ? null : Minimums + ((long)panel * GroupCount * PanelRows);

    public byte* PanelZeroPoints(int panel) => ZeroPoints is null ? null : ZeroPoints + ((long)panel * GroupCount * PanelRows);
}
