using Sparrow.Compression.Calibration;
using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pruning;

/// <summary>
/// Multi-weight compensation of APT / MRP (arXiv 2410.15567): of all weights with a given mask, the ones of least squared output error.
/// </summary>
/// <remarks>
/// The closed form needs a factorisation per row. The same minimum is found on the kept side, H_KK·ŵ_K = (H·w)_K, by conjugate gradients on a tile of
/// rows at once, with one product with H an iteration. Each iteration lowers the error, so a start from SparseGPT's weights never ends above them.
/// </remarks>
public static class AptCompensator
{
    private const int RowTile = 64;

    /// <summary>Compensates in place.</summary>
    /// <param name="dense">Row-major [rows, columns], the weights before pruning.</param>
    /// <param name="weights">Where to start, for example the masked or SparseGPT's weights; receives the result, exactly 0 where pruned.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="mask">The mask.</param>
    /// <param name="gram">ΣXᵀX, row-major, symmetric.</param>
    /// <param name="scale">What makes it the Hessian: 2 over the number of sequences.</param>
    /// <param name="factor">For the damping and the dead channels.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    public static AptResult Compensate(
        float[] dense, float[] weights, int rows, int columns, PruneMask mask, double[] gram, double scale, HessianFactor factor,
        AptOptions? options = null, WorkerPool? pool = null)
    {
        options ??= new AptOptions();
        double[] errors = new double[rows];
        double[] initial = new double[rows];
        int[] iterations = new int[(rows + RowTile - 1) / RowTile];
        ParallelRows.Run(pool, iterations.Length, 1, (from, to) =>
        {
            AptTile work = new(gram, scale, factor, options, RowTile);
            for (int tile = from; tile < to; tile++)
            {
                int row = tile * RowTile;
                iterations[tile] = work.Solve(dense, weights, mask, row, Math.Min(RowTile, rows - row), initial, errors);
            }
        });
        return new AptResult(errors, initial, iterations.Max());
    }
}
