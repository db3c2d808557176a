using System.Buffers;
using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pruning;

/// <summary>Output errors of a changed layer, from the Gram matrix of its inputs.</summary>
public static class SquaredError
{
    private const int RowTile = 32;

    /// <summary>(w − ŵ)·G·(w − ŵ)ᵀ by row: the squared error of the outputs summed over all calibration tokens.</summary>
    /// <param name="dense">Row-major [rows, columns].</param>
    /// <param name="changed">The same shape.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="gram">ΣXᵀX.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    public static double[] ByRow(float[] dense, float[] changed, int rows, int columns, double[] gram, WorkerPool? pool = null)
    {
        double[] errors = new double[rows];
        ParallelRows.Run(pool, (rows + RowTile - 1) / RowTile, 1, (from, to) =>
        {
            double[] difference = ArrayPool<double>.Shared.Rent(RowTile * columns);
            double[] product = ArrayPool<double>.Shared.Rent(RowTile * columns);
            for (int tile = from; tile < to; tile++)
            {
                int row = tile * RowTile;
                int tileRows = Math.Min(RowTile, rows - row);
                for (int index = 0; index < tileRows * columns; index++)
                {
                    difference[index] = (double)dense[(row * columns) + index] - changed[(row * columns) + index];
                }

                Array.Clear(product);
                DenseKernels.Accumulate<double>(difference, columns, 1, gram, columns, product, columns, tileRows, columns, columns, subtract: false);
                for (int i = 0; i < tileRows; i++)
                {
                    errors[row + i] = DenseKernels.Dot<double>(difference.AsSpan(i * columns, columns), product.AsSpan(i * columns, columns));
                }
            }

            ArrayPool<double>.Shared.Return(difference);
            ArrayPool<double>.Shared.Return(product);
        });
        return errors;
    }
}
