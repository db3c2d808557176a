using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class ScalarKernels
{
    /// <summary>Reads single weights of a panel: the definition of the formats' bits.</summary>
    internal interface IPanelReader
    {
        static abstract float Read(in PanelMatrix weights, int panel, int row, int column);
    }

    internal readonly struct F32Reader : IPanelReader
    {
        public static float Read(in PanelMatrix weights, int panel, int row, int column) =>
            ((float*)weights.PanelValues(panel))[(column * PanelMatrix.PanelRows) + row];
    }

    internal readonly struct BF16Reader : IPanelReader
    {
        public static float Read(in PanelMatrix weights, int panel, int row, int column) =>
            BitConverter.UInt32BitsToSingle((uint)ReadWord(weights, panel, row, column) << 16);
    }

    internal readonly struct F16Reader : IPanelReader
    {
        public static float Read(in PanelMatrix weights, int panel, int row, int column) =>
            (float)BitConverter.UInt16BitsToHalf(ReadWord(weights, panel, row, column));
    }

    internal readonly struct Q4Reader : IPanelReader
    {
        public static float Read(in PanelMatrix weights, int panel, int row, int column) =>
            Dequantize(weights, panel, row, column, ReadCode4(weights, panel, row, column));
    }

    internal readonly struct Q8Reader : IPanelReader
    {
        public static float Read(in PanelMatrix weights, int panel, int row, int column) =>
            Dequantize(weights, panel, row, column, ReadCode8(weights, panel, row, column));
    }

    private static ushort ReadWord(in PanelMatrix weights, int panel, int row, int column) =>
        ((ushort*)weights.PanelValues(panel))[((((column / 2) * PanelMatrix.PanelRows) + row) * 2) + (column % 2)];

    private static int ReadCode8(in PanelMatrix weights, int panel, int row, int column) =>
        weights.PanelValues(panel)[((((column / 4) * PanelMatrix.PanelRows) + row) * 4) + (column % 4)];

    private static int ReadCode4(in PanelMatrix weights, int panel, int row, int column)
    {
        byte pair = weights.PanelValues(panel)[((((column / 8) * PanelMatrix.PanelRows) + row) * 4) + (column % 4)];
        return column % 8 < 4 ? pair & 15 : pair >> 4;
    }

    // The product is rounded before the minimum is added: this is how the formats are dequantised everywhere else, to the bit.
    private static float Dequantize(in PanelMatrix weights, int panel, int row, int column, int code)
    {
        int index = ((column / weights.GroupColumns) * PanelMatrix.PanelRows) + row;
        float scale = HalfBits.ToSingle(weights.PanelScales(panel)[index]);
        float value = scale * (code - weights.ZeroPoint);
        return weights.HasMinimums ? value + Minimum(weights, panel, index, scale) : value;
    }

    // What is added to scale · (code − zero point).
    private static float Minimum(in PanelMatrix weights, int panel, int index, float scale) => weights.ZeroPoints is null
        ? HalfBits.ToSingle(weights.PanelMinimums(panel)[index])
        : scale * (weights.ZeroPoint - weights.PanelZeroPoints(panel)[index]);
}
