namespace Sparrow.Runtime.Kernels;

/// <summary>One element after the other: the definition.</summary>
internal readonly unsafe struct ScalarExpander : ISparseExpander
{
    public static void ExpandBytes(byte* values, uint* masks, byte zeroPoint, byte* block)
    {
        for (int i = 0; i < SparseBlock.Elements; i++)
        {
            block[i] = (byte)SparseBlock.ReadCode8(values, masks, Row(i, 4), Column(i, 4), zeroPoint);
        }
    }

    public static void ExpandNibbles(byte* values, uint* masks, byte zeroPoint, byte* block)
    {
        for (int i = 0; i < SparseBlock.Elements; i++)
        {
            block[i] = (byte)SparseBlock.ReadCode4(values, masks, Row(i, 4), Column(i, 4), zeroPoint);
        }
    }

    public static void ExpandWords(byte* values, uint* masks, ushort* block)
    {
        for (int i = 0; i < SparseBlock.Elements; i++)
        {
            block[i] = SparseBlock.ReadWord(values, masks, Row(i, 2), Column(i, 2));
        }
    }

    private static int Row(int index, int stepColumns) => index / stepColumns % PanelMatrix.PanelRows;

    private static int Column(int index, int stepColumns) =>
        (index / (stepColumns * PanelMatrix.PanelRows) * stepColumns) + (index % stepColumns);
}
