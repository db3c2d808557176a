using Sparrow.Compression.Pruning;

namespace Sparrow.Compression.Allocation;

/// <summary>
/// Share of a block's Wanda scores that lie above a multiple of their mean. Two passes, one over all linear layers for the mean and one for the count,
/// so that the scores of a block are never held together.
/// </summary>
public sealed class OwlOutliers
{
    private double _sum;
    private long _count;
    private long _above;
    private double _threshold;

    /// <summary>First pass: adds a linear layer to the mean.</summary>
    /// <param name="weights">Row-major [rows, columns].</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="squaredNorms">q by column.</param>
    public void AddToMean(ReadOnlySpan<float> weights, int columns, ReadOnlySpan<float> squaredNorms)
    {
        float[] norms = WandaPruner.Norms(squaredNorms, columns);
        float[] scores = new float[columns];
        for (int start = 0; start < weights.Length; start += columns)
        {
            WandaPruner.Score(weights.Slice(start, columns), norms, scores);
            double sum = 0;
            foreach (float score in scores)
            {
                sum += score;
            }

            _sum += sum;
        }

        _count += weights.Length;
    }

    /// <summary>Ends the first pass.</summary>
    /// <param name="multiple">An outlier is above this many times the mean.</param>
    public void SetThreshold(double multiple) => _threshold = _sum / _count * multiple;

    /// <summary>Second pass: counts a linear layer's outliers.</summary>
    /// <param name="weights">Row-major [rows, columns].</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="squaredNorms">q by column.</param>
    public void Count(ReadOnlySpan<float> weights, int columns, ReadOnlySpan<float> squaredNorms)
    {
        float[] norms = WandaPruner.Norms(squaredNorms, columns);
        float[] scores = new float[columns];
        for (int start = 0; start < weights.Length; start += columns)
        {
            WandaPruner.Score(weights.Slice(start, columns), norms, scores);
            foreach (float score in scores)
            {
                _above += score > _threshold ? 1 : 0;
            }
        }
    }

    /// <summary>Outliers in percent of the block's scores.</summary>
    public double Percent() => 100.0 * _above / _count;
}
