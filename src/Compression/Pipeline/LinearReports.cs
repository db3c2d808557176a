using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Pruning;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pipeline;

/// <summary>What became of a matrix, in figures.</summary>
internal static class LinearReports
{
    /// <summary>Reports a matrix that steps have changed; how many bytes it takes is known once it is stored.</summary>
    public static LayerReport Of(LinearState linear, int? block, WorkerPool pool)
    {
        long zeros = linear.Mask?.PrunedCount ?? 0;
        (double? squared, double? relative) = Errors(linear, pool);
        return new LayerReport
        {
            Name = linear.Name,
            Block = block,
            Rows = linear.Rows,
            Columns = linear.Columns,
            Method = string.Join('+', linear.Methods),
            Sparsity = zeros / ((double)linear.Rows * linear.Columns),
            BitsPerWeight = 0,
            Bytes = 0,
            Rank = linear.Correction?.Rank,
            SquaredError = squared,
            RelativeError = relative,
            Measures = linear.Measures.Count > 0 ? linear.Measures : null,
        };
    }

    // From the Gram matrix where a step asked for it, so exact over all tokens.
    private static (double? Squared, double? Relative) Errors(LinearState linear, WorkerPool pool)
    {
        if (linear.Input?.Statistics is not { HasGram: true } statistics)
        {
            return (null, null);
        }

        LargeArrays.Reclaim();
        double[] gram = statistics.Gram();
        float[] original = linear.ReadOriginal();
        float[] zero = new float[original.Length];
        double error = SquaredError.ByRow(original, linear.Effective(), linear.Rows, linear.Columns, gram, pool).Sum();
        double whole = SquaredError.ByRow(original, zero, linear.Rows, linear.Columns, gram, pool).Sum();
        linear.Release();
        return (error, whole > 0 ? Math.Sqrt(Math.Max(0, error) / whole) : null);
    }
}
