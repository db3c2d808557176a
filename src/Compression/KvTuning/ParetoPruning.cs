namespace Sparrow.Compression.KvTuning;

/// <summary>Keeps what nothing else beats at both cost and loss (KVTuner, arXiv 2502.04420, section 5.1).</summary>
internal static class ParetoPruning
{
    /// <summary>Those that no other dominates, in the order given. Another dominates with no more cost and no more loss, one of them less.</summary>
    public static List<T> Keep<T>(IReadOnlyList<T> items, Func<T, double> cost, Func<T, double> loss) =>
        [.. items.Where(item => !items.Any(other => Dominates(cost(other), loss(other), cost(item), loss(item))))];

    public static bool Dominates(double cost, double loss, double otherCost, double otherLoss) =>
        cost <= otherCost && loss <= otherLoss && (cost < otherCost || loss < otherLoss);
}
