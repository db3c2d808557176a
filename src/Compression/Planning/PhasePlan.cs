namespace Sparrow.Compression.Planning;

/// <summary>What a phase is expected to cost.</summary>
public sealed record PhasePlan
{
    /// <summary><c>prefill</c> or <c>decode</c>.</summary>
    public required string Phase { get; init; }

    /// <summary>New tokens of each sequence.</summary>
    public required int Tokens { get; init; }

    public required int Sequences { get; init; }

    /// <summary>Tokens that each has in the cache before.</summary>
    public required int Context { get; init; }

    /// <summary>Of all its steps.</summary>
    public required double Seconds { get; init; }

    /// <summary>New tokens of all sequences over <see cref="Seconds"/>.</summary>
    public double TokensPerSecond => Tokens * (double)Sequences / Seconds;

    /// <summary>Read of weights, in all steps.</summary>
    public required double WeightBytes { get; init; }

    /// <summary>Read and written of the cache.</summary>
    public required double KvBytes { get; init; }

    /// <summary>Of arithmetic.</summary>
    public required double Operations { get; init; }

    /// <summary>What bounds the larger part of the time.</summary>
    public required string Bound { get; init; }

    /// <summary>Operation by operation, in the order of the forward pass.</summary>
    public required IReadOnlyList<OperationCost> Costs { get; init; }
}
