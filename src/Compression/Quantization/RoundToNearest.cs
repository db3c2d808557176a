using Sparrow.Compression.LinearAlgebra;
using Sparrow.Compression.Pruning;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Quantization;

/// <summary>Quantises each weight to the nearest value of its group's grid. Needs no calibration; every other method is measured against it.</summary>
public static class RoundToNearest
{
    /// <summary>Quantises a matrix.</summary>
    /// <param name="weights">W, row-major [rows, columns]; not changed.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="scheme">Bits, group size and dialect.</param>
    /// <param name="mask">Kept weights, or null for all. Pruned ones do not widen a group's range and stay 0.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <exception cref="ArgumentException">The scheme does not fit the matrix, or a weight is not finite (the text says which).</exception>
    public static QuantizedMatrix Quantize(
        float[] weights, int rows, int columns, QuantizationScheme scheme, PruneMask? mask = null, WorkerPool? pool = null)
    {
        MatrixArguments.Check(weights, rows, columns, mask);
        QuantizedMatrix result = new(rows, columns, scheme, mask: mask);
        int size = result.GroupColumns;
        ParallelRows.Run(pool, rows, 8, (from, to) =>
        {
            float[] kept = new float[size];
            for (int row = from; row < to; row++)
            {
                for (int group = 0; group < result.GroupCount; group++)
                {
                    int first = group * size;
                    ReadOnlySpan<float> values = weights.AsSpan((row * columns) + first, size);
                    QuantizationGrid grid = QuantizationGrid.Fit(MaskedGroup.Kept(values, mask, row, first, kept), scheme);
                    result.SetGrid(row, group, grid);
                    Span<byte> codes = result.Codes.AsSpan((row * columns) + first, size);
                    for (int i = 0; i < size; i++)
                    {
                        codes[i] = mask is null || mask.IsKept(row, first + i) ? grid.Encode(values[i]) : grid.CodeOfPruned;
                    }
                }
            }
        });
        return result;
    }
}
