namespace Sparrow.Server.Api.Jobs;

/// <summary>Under which path jobs are looked at: what their objects are called there.</summary>
/// <param name="Path">Of the list.</param>
/// <param name="Object">Of a job.</param>
/// <param name="IsFineTuning">Whether official clients of fine-tuning read the answers.</param>
internal sealed record JobFlavor(string Path, string Object, bool IsFineTuning)
{
    public static JobFlavor Compression { get; } = new("/v1/compression/jobs", "compression.job", false);

    /// <summary>The same jobs for clients that know fine-tuning only.</summary>
    public static JobFlavor FineTuning { get; } = new("/v1/fine_tuning/jobs", "fine_tuning.job", true);
}
