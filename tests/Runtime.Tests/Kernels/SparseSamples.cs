using System.Runtime.InteropServices;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Tests.Kernels;

/// <summary>Dense random matrices with zeros.</summary>
internal static class SparseSamples
{
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="zeroPercent">Share of zeros; negative: two of four neighbours.</param>
    /// <param name="random">Where numbers come from.</param>
    public static DenseMatrix BF16(int rows, int columns, int zeroPercent, Random random)
    {
        DenseMatrix matrix = new(rows, columns, DenseElement.BF16);
        ushort[] values = new ushort[columns];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                // Zeros of both signs, which masking by a product leaves behind.
                values[column] = IsZero(random, column, zeroPercent)
                    ? (ushort)(random.Next(2) << 15)
                    : (ushort)(BitConverter.SingleToUInt32Bits(random.NextSingle() - 0.5f) >> 16);
            }

            matrix.SetRow(row, MemoryMarshal.AsBytes(values.AsSpan()));
        }

        return matrix;
    }

    public static GroupedIntegerMatrix Grouped(int rows, int columns, int bits, int groupSize, int zeroPercent, Random random)
    {
        int zeroPoint = 1 << (bits - 1);
        GroupedIntegerMatrix matrix = new(rows, columns, bits, groupSize, zeroPoint, hasMinimum: false);
        byte[] codes = new byte[columns];
        ushort[] scales = new ushort[(columns + groupSize - 1) / groupSize];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                int code = random.Next((1 << bits) - 1);
                codes[column] = (byte)(IsZero(random, column, zeroPercent) ? zeroPoint : code + (code >= zeroPoint ? 1 : 0));
            }

            for (int group = 0; group < scales.Length; group++)
            {
                scales[group] = BitConverter.HalfToUInt16Bits((Half)(random.NextSingle() - 0.5f));
            }

            matrix.SetRow(row, codes, scales, []);
        }

        return matrix;
    }

    private static bool IsZero(Random random, int column, int zeroPercent) =>
        zeroPercent < 0 ? column % 4 is 1 or 2 : random.Next(100) < zeroPercent;
}
