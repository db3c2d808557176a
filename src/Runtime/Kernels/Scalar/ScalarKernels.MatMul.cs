namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class ScalarKernels
{
    public static void MatMulF32(
        in PanelMatrix weights, int firstPanel, int panelCount, float* x, int xStride, int tokenCount, float* y, int yStride) =>
        MatMul<F32Reader>(weights, firstPanel, panelCount, x, xStride, tokenCount, y, yStride);

    public static void MatMulBF16(
        in PanelMatrix weights, int firstPanel, int panelCount, float* x, int xStride, int tokenCount, float* y, int yStride) =>
        MatMul<BF16Reader>(weights, firstPanel, panelCount, x, xStride, tokenCount, y, yStride);

    public static void MatMulF16(
        in PanelMatrix weights, int firstPanel, int panelCount, float* x, int xStride, int tokenCount, float* y, int yStride) =>
        MatMul<F16Reader>(weights, firstPanel, panelCount, x, xStride, tokenCount, y, yStride);

    public static void MatMulQ4(
        in PanelMatrix weights, int firstPanel, int panelCount, float* x, int xStride, int tokenCount, float* y, int yStride) =>
        MatMul<Q4Reader>(weights, firstPanel, panelCount, x, xStride, tokenCount, y, yStride);

    public static void MatMulQ8(
        in PanelMatrix weights, int firstPanel, int panelCount, float* x, int xStride, int tokenCount, float* y, int yStride) =>
        MatMul<Q8Reader>(weights, firstPanel, panelCount, x, xStride, tokenCount, y, yStride);

    // y[t, r] = Σ over blocks of (Σ over the block's 32 columns of w[r, c] · x[t, c]): the order of summation that all sets keep.
    private static void MatMul<TReader>(
        in PanelMatrix weights, int firstPanel, int panelCount, float* x, int xStride, int tokenCount, float* y, int yStride)
        where TReader : struct, IPanelReader
    {
        // A row is expanded once for all tokens; the stack holds one block of it at a time.
        float* block = stackalloc float[PanelMatrix.BlockColumns];
        for (int row = 0; row < panelCount * PanelMatrix.PanelRows; row++)
        {
            int panel = firstPanel + (row / PanelMatrix.PanelRows);
            for (int token = 0; token < tokenCount; token++)
            {
                y[((long)token * yStride) + row] = 0;
            }

            for (int first = 0; first < weights.Columns; first += PanelMatrix.BlockColumns)
            {
                for (int column = 0; column < PanelMatrix.BlockColumns; column++)
                {
                    block[column] = TReader.Read(weights, panel, row % PanelMatrix.PanelRows, first + column);
                }

                for (int token = 0; token < tokenCount; token++)
                {
                    float* input = x + ((long)token * xStride) + first;
                    float sum = 0;
                    for (int column = 0; column < PanelMatrix.BlockColumns; column++)
                    {
                        sum = MathF.FusedMultiplyAdd(block[column], input[column], sum);
                    }

                    y[((long)token * yStride) + row] += sum;
                }
            }
        }
    }
}
