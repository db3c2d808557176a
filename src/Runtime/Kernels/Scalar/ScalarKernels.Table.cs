namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class ScalarKernels
{
    public static void MatMulTable(
        in PanelMatrix weights, int firstPanel, int panelCount, float* x, int xStride, int tokenCount, float* y, int yStride) =>
        MatMul<TableReader>(weights, firstPanel, panelCount, x, xStride, tokenCount, y, yStride);

    // Per span of columns that shares both scales (32, or 16 where weights have a scale every 16):
    // total = fma(weight scale · activation scale, Σ table[code] · activation code, total), then the minimum's share.
    public static void MatMulTableInt8(
        in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride)
    {
        int span = Math.Min(weights.GroupColumns, PanelMatrix.BlockColumns);
        int* values = stackalloc int[PanelMatrix.BlockColumns];
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
                    values[column] = CodeTable.ReadWhole(weights.Table, ReadCode4(weights, panel, lane, first + column));
                }

                long group = weights.PanelGroup(panel, first / weights.GroupColumns) + lane;
                for (int token = 0; token < tokenCount; token++)
                {
                    sbyte* input = x.Codes + ((long)token * x.Stride) + first;
                    int sum = 0;
                    int inputSum = 0;
                    for (int column = 0; column < span; column++)
                    {
                        sum += values[column] * input[column];
                        inputSum += input[column];
                    }

                    float inputScale = x.Scales[((long)token * (x.Stride / PanelMatrix.BlockColumns)) + (first / PanelMatrix.BlockColumns)];
                    float* total = y + ((long)token * yStride) + row;
                    *total = MathF.FusedMultiplyAdd(weights.FloatScales[group] * inputScale, sum, *total);
                    if (weights.FloatMinimums is not null)
                    {
                        *total = MathF.FusedMultiplyAdd(weights.FloatMinimums[group], inputScale * inputSum, *total);
                    }
                }
            }
        }
    }

    internal readonly struct TableReader : IPanelReader
    {
        public static float Read(in PanelMatrix weights, int panel, int row, int column)
        {
            long group = weights.PanelGroup(panel, column / weights.GroupColumns) + row;
            float value = weights.FloatScales[group] * CodeTable.Read(weights.Table, ReadCode4(weights, panel, row, column));
            return weights.FloatMinimums is null ? value : value + weights.FloatMinimums[group];
        }
    }
}
