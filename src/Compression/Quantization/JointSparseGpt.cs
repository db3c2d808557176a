using Sparrow.Compression.Calibration;
using Sparrow.Compression.LinearAlgebra;
using Sparrow.Compression.Pruning;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Quantization;

/// <summary>
/// SparseGPT's joint mode (arXiv 2301.00774): prunes and rounds in one sweep, so that the columns to the right make up for both errors at once.
/// Grids are whole rows, fitted to the weights before the sweep.
/// </summary>
public static class JointSparseGpt
{
    /// <summary>Prunes and quantises a matrix.</summary>
    /// <param name="weights">W, row-major [rows, columns]; not changed.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="factor">The layer's factored Hessian.</param>
    /// <param name="target">How many weights are pruned.</param>
    /// <param name="scheme">Whole rows, in a dialect whose zero point is a whole code for every row: E or F.</param>
    /// <param name="options">SparseGPT's settings; its grids are set here.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <exception cref="ArgumentException">The scheme or target does not fit, or a weight is not finite.</exception>
    public static GptqResult Quantize(
        float[] weights, int rows, int columns, HessianFactor factor, PruneTarget target, QuantizationScheme scheme,
        SparseGptOptions? options = null, WorkerPool? pool = null)
    {
        MatrixArguments.Check(weights, rows, columns);
        if (scheme.GroupColumns(columns) != columns)
        {
            throw new ArgumentException($"Joint pruning and quantisation has one grid a row, not groups of {scheme.GroupSize}.", nameof(scheme));
        }

        if (scheme.Dialect is not (QuantizationDialect.IntegerZeroWithRange or QuantizationDialect.Symmetric or QuantizationDialect.SymmetricGptq))
        {
            throw new ArgumentException($"Dialect {scheme.Dialect} cannot hold a pruned weight's 0 in every row.", nameof(scheme));
        }

        QuantizationGrid[] grids = new QuantizationGrid[rows];
        ParallelRows.Run(pool, rows, 8, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                grids[row] = QuantizationGrid.Fit(weights.AsSpan(row * columns, columns), scheme);
            }
        });

        float[] swept = [.. weights];
        options = (options ?? new SparseGptOptions()) with
        {
            Grids = Array.ConvertAll(grids, grid => new RowGrid(grid.Scale, grid.Zero, scheme.MaxCode)),
        };
        SparseGptResult pruned = SparseGptPruner.Prune(swept, rows, columns, factor, target, options, pool);
        QuantizedMatrix matrix = new(rows, columns, scheme, mask: pruned.Mask);
        for (int row = 0; row < rows; row++)
        {
            matrix.SetGrid(row, 0, grids[row]);
            for (int i = row * columns; i < (row + 1) * columns; i++)
            {
                matrix.Codes[i] = grids[row].Encode(swept[i]);
            }
        }

        return new GptqResult(matrix, pruned.SquaredError);
    }
}
