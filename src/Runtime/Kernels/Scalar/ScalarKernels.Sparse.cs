namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class ScalarKernels
{
    internal readonly struct SparseBF16Reader : IPanelReader
    {
        public static float Read(in PanelMatrix weights, int panel, int row, int column)
        {
            int block = column / PanelMatrix.BlockColumns;
            ushort word = SparseBlock.ReadWord(
                weights.BlockValues(panel, block), weights.BlockMasks(panel, block), row, column % PanelMatrix.BlockColumns);
            return BitConverter.UInt32BitsToSingle((uint)word << 16);
        }
    }

    internal readonly struct Sparse8Reader : IPanelReader
    {
        public static float Read(in PanelMatrix weights, int panel, int row, int column)
        {
            int block = column / PanelMatrix.BlockColumns;
            int code = SparseBlock.ReadCode8(
                weights.BlockValues(panel, block),
                weights.BlockMasks(panel, block),
                row,
                column % PanelMatrix.BlockColumns,
                weights.ZeroPoint);
            return Dequantize(weights, panel, row, column, code);
        }
    }

    internal readonly struct Sparse4Reader : IPanelReader
    {
        public static float Read(in PanelMatrix weights, int panel, int row, int column)
        {
            int block = column / PanelMatrix.BlockColumns;
            int code = SparseBlock.ReadCode4(
                weights.BlockValues(panel, block),
                weights.BlockMasks(panel, block),
                row,
                column % PanelMatrix.BlockColumns,
                weights.ZeroPoint);
            return Dequantize(weights, panel, row, column, code);
        }
    }

    public static void MatMulSparseBF16(
        in PanelMatrix weights, int firstPanel, int panelCount, float* x, int xStride, int tokenCount, float* y, int yStride) =>
        MatMul<SparseBF16Reader>(weights, firstPanel, panelCount, x, xStride, tokenCount, y, yStride);

    public static void MatMulSparse8(
        in PanelMatrix weights, int firstPanel, int panelCount, float* x, int xStride, int tokenCount, float* y, int yStride) =>
        MatMul<Sparse8Reader>(weights, firstPanel, panelCount, x, xStride, tokenCount, y, yStride);

    public static void MatMulSparse4(
        in PanelMatrix weights, int firstPanel, int panelCount, float* x, int xStride, int tokenCount, float* y, int yStride) =>
        MatMul<Sparse4Reader>(weights, firstPanel, panelCount, x, xStride, tokenCount, y, yStride);
}
