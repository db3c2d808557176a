using Sparrow.Compression.Calibration;

namespace Sparrow.Compression.Pruning;

/// <summary>The statistics that <see cref="DsnotRefiner"/> reads, by input channel.</summary>
/// <param name="SquaredNorms">q, see <see cref="ColumnStatistics.SquaredNorms"/>.</param>
/// <param name="Sums">m, see <see cref="ColumnStatistics.SequenceSums"/>.</param>
/// <param name="Variances">v, see <see cref="ColumnStatistics.Variances"/>.</param>
/// <param name="Gram">ΣXᵀX at any positive scale; null where the never-worse rule is off.</param>
public sealed record DsnotStatistics(float[] SquaredNorms, float[] Sums, float[] Variances, double[]? Gram = null)
{
    /// <summary>Takes them from what was gathered.</summary>
    public static DsnotStatistics From(LayerStatistics statistics) =>
        new(
            statistics.Channels.SquaredNorms(),
            statistics.Channels.SequenceSums(),
            statistics.Channels.Variances(),
            statistics.HasGram ? statistics.Gram() : null);
}
