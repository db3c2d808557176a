namespace Sparrow.Compression.Planning;

/// <summary>A model as it would be served.</summary>
public sealed record ModelPlan
{
    /// <summary>Values of its matrices.</summary>
    public required long Parameters { get; init; }

    /// <summary>Bytes of its matrices in memory.</summary>
    public required long WeightBytes { get; init; }

    public double BitsPerWeight => Parameters == 0 ? 0 : 8.0 * WeightBytes / Parameters;

    /// <summary>Each matrix, in the order of the forward pass.</summary>
    public required IReadOnlyList<PlannedMatrix> Layers { get; init; }

    public required IReadOnlyList<PhasePlan> Phases { get; init; }
}
