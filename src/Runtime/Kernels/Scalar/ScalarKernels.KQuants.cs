using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class ScalarKernels
{
    public static void MatMulKQuant<TBits>(
        in PanelMatrix weights, int firstPanel, int panelCount, float* x, int xStride, int tokenCount, float* y, int yStride)
        where TBits : struct, IKQuantBits =>
        MatMul<KQuantReader<TBits>>(weights, firstPanel, panelCount, x, xStride, tokenCount, y, yStride);

    // Per block of 32 columns, with a the activations' scale, d · sc the weights' and −dmin · m their minimum:
    //   Q4_K, Q5_K   total = fma(d · sc · a, Σ u · q, total), then total = fma(−dmin · m, a · Σ q, total)
    //   Q6_K         total = fma(d · a, Σ over the two halves of sc · Σ (u − 32) · q, total)
    public static void MatMulKQuantInt8<TBits>(
        in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride)
        where TBits : struct, IKQuantBits
    {
        int bits = TBits.Bits;
        int* products = stackalloc int[PanelMatrix.BlockColumns];
        for (int row = 0; row < panelCount * PanelMatrix.PanelRows; row++)
        {
            int lane = row % PanelMatrix.PanelRows;
            for (int token = 0; token < tokenCount; token++)
            {
                y[((long)token * yStride) + row] = 0;
            }

            for (int first = 0; first < weights.Columns; first += PanelMatrix.BlockColumns)
            {
                byte* record = Record<TBits>(weights, firstPanel + (row / PanelMatrix.PanelRows), first);
                int column = first % KQuantRecord.Columns;
                int group = column / KQuantRecord.GroupColumns(bits);
                float scale = HalfBits.ToSingle(KQuantRecord.ReadScale(record, bits, lane));
                float minimum = 0;
                if (bits < 6)
                {
                    scale *= KQuantRecord.ReadGroupScale(record, bits, lane, group);
                    minimum = HalfBits.ToSingle(KQuantRecord.ReadMinimumScale(record, bits, lane))
                        * KQuantRecord.ReadGroupMinimum(record, bits, lane, group);
                }

                for (int i = 0; i < PanelMatrix.BlockColumns; i++)
                {
                    int factor = bits < 6 ? 1 : KQuantRecord.ReadGroupScale(record, bits, lane, group + (i / 16));
                    products[i] = factor * (KQuantRecord.ReadCode(record, bits, lane, column + i) - KQuantRecord.ZeroPoint(bits));
                }

                for (int token = 0; token < tokenCount; token++)
                {
                    sbyte* input = x.Codes + ((long)token * x.Stride) + first;
                    int sum = 0;
                    int inputSum = 0;
                    for (int i = 0; i < PanelMatrix.BlockColumns; i++)
                    {
                        sum += products[i] * input[i];
                        inputSum += input[i];
                    }

                    float inputScale = x.Scales[((long)token * (x.Stride / PanelMatrix.BlockColumns)) + (first / PanelMatrix.BlockColumns)];
                    float* total = y + ((long)token * yStride) + row;
                    *total = MathF.FusedMultiplyAdd(scale * inputScale, sum, *total);
                    if (bits < 6)
                    {
                        *total = MathF.FusedMultiplyAdd(minimum, inputScale * inputSum, *total);
                    }
                }
            }
        }
    }

    internal readonly struct KQuantReader<TBits> : IPanelReader
        where TBits : struct, IKQuantBits
    {
        public static float Read(in PanelMatrix weights, int panel, int row, int column)
        {
            int bits = TBits.Bits;
            byte* record = Record<TBits>(weights, panel, column);
            int inRecord = column % KQuantRecord.Columns;
            int group = inRecord / KQuantRecord.GroupColumns(bits);
            float scale = HalfBits.ToSingle(KQuantRecord.ReadScale(record, bits, row)) * KQuantRecord.ReadGroupScale(record, bits, row, group);
            float value = scale * (KQuantRecord.ReadCode(record, bits, row, inRecord) - KQuantRecord.ZeroPoint(bits));
            return bits == 6
                ? value
                : value + (HalfBits.ToSingle(KQuantRecord.ReadMinimumScale(record, bits, row)) * KQuantRecord.ReadGroupMinimum(record, bits, row, group));
        }
    }

    private static byte* Record<TBits>(in PanelMatrix weights, int panel, int column)
        where TBits : struct, IKQuantBits =>
        weights.PanelValues(panel) + ((long)(column / KQuantRecord.Columns) * KQuantRecord.Bytes(TBits.Bits));
}
