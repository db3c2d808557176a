namespace Sparrow.Server.Options;

/// <summary>Background compression (C §9).</summary>
/// <param name="MaxConcurrentJobs">J-7: jobs that run at once.</param>
/// <param name="MaxQueuedJobs">J-7: jobs that wait; more are refused.</param>
/// <param name="MaxServingSlowdown">J-6: the share of the time that jobs get while requests are being computed.</param>
internal sealed record CompressionSettings(int MaxConcurrentJobs, int MaxQueuedJobs, double MaxServingSlowdown)
{
    public static CompressionSettings Read(SettingsReader reader) => new(
        reader.Integer("Compression:MaxConcurrentJobs", 1, 1, 16),
        reader.Integer("Compression:MaxQueuedJobs", 16, 1, 1024),
        reader.Number("Compression:MaxServingSlowdown", 0.1, 0.01, 1));
}
