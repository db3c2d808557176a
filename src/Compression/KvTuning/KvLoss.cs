namespace Sparrow.Compression.KvTuning;

/// <summary>What quantising the cache costs over a window, teacher-forced.</summary>
/// <param name="Divergence">Mean over positions of KL(dense cache ‖ quantised cache) of the next-token distributions, in nats.</param>
/// <param name="LogLoss">Mean negative log-likelihood of the window's own tokens.</param>
public readonly record struct KvLoss(double Divergence, double LogLoss)
{
    /// <summary>Mean of equally long windows.</summary>
    public static KvLoss Mean(IReadOnlyCollection<KvLoss> windows) =>
        new(windows.Average(window => window.Divergence), windows.Average(window => window.LogLoss));
}
