namespace Sparrow.Compression.Planning;

/// <summary>What following a recipe is expected to take.</summary>
public sealed record CompressionPlan
{
    /// <summary>Calibration tokens; 0 where no step needs any.</summary>
    public required long CalibrationTokens { get; init; }

    /// <summary>Beside the mapped source, at the largest moment.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>Residual streams that go to a file because they exceed their share of memory.</summary>
    public required long SpilledBytes { get; init; }

    /// <summary>Of the artifact, and of its parts while it is made.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>Of everything.</summary>
    public required double Seconds { get; init; }

    /// <summary>By part: <c>forward</c>, <c>statistics</c>, <c>factorisations</c>, <c>sweeps</c>, <c>evaluation</c>; <c>preparation</c> where a step trains.</summary>
    public required IReadOnlyDictionary<string, double> Parts { get; init; }

    /// <summary>What is not in the figures: searches whose length the recipe does not tell.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
