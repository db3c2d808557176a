using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class ScalarKernels
{
    public static void MatMulQ4Int8(
        in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride) =>
        MatMulInt8(weights, firstPanel, panelCount, x, tokenCount, y, yStride, bits: 4);

    public static void MatMulQ8Int8(
        in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride) =>
        MatMulInt8(weights, firstPanel, panelCount, x, tokenCount, y, yStride, bits: 8);

    // Per span of columns that shares both scales (32, or 16 where weights have a scale every 16):
    // total = fma(weight scale · activation scale, Σ (code − zero point) · activation code, total), then the minimum's share.
    private static void MatMulInt8(
        in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride, int bits)
    {
        int span = Math.Min(weights.GroupColumns, PanelMatrix.BlockColumns);
        int* codes = stackalloc int[PanelMatrix.BlockColumns];
        for (int row = 0; row < panelCount * PanelMatrix.PanelRows; row++)
        {
            int panel = firstPanel + (row / PanelMatrix.PanelRows);
            int lane = row % PanelMatrix.PanelRows;
            for (int token = 0; token < tokenCount; token++)
            {
                y[((long)token * yStride) + row] = 0;
            }

            for (int first = 0; first < weights.Columns; first += span)
            {
                for (int column = 0; column < span; column++)
                {
                    codes[column] = bits == 4
                        ? ReadCode4(weights, panel, lane, first + column)
                        : ReadCode8(weights, panel, lane, first + column);
                }

                int index = ((first / weights.GroupColumns) * PanelMatrix.PanelRows) + lane;
                float scale = HalfBits.ToSingle(weights.PanelScales(panel)[index]);
                for (int token = 0; token < tokenCount; token++)
                {
                    sbyte* input = x.Codes + ((long)token * x.Stride) + first;
                    int sum = 0;
                    int inputSum = 0;
                    for (int column = 0; column < span; column++)
                    {
                        sum += (codes[column] - weights.ZeroPoint) * input[column];
                        inputSum += input[column];
                    }

                    float inputScale = x.Scales[((long)token * (x.Stride / PanelMatrix.BlockColumns)) + (first / PanelMatrix.BlockColumns)];
                    float* total = y + ((long)token * yStride) + row;
                    *total = MathF.FusedMultiplyAdd(scale * inputScale, sum, *total);
                    if (weights.HasMinimums)
                    {
                        *total = MathF.FusedMultiplyAdd(Minimum(weights, panel, index, scale), inputScale * inputSum, *total);
                    }
                }
            }
        }
    }
}
