namespace Sparrow.Server.Commands;

/// <summary>What <c>sparrow bench --json</c> writes.</summary>
internal sealed record BenchmarkReport
{
    public required double PrefillTokensPerSecond { get; init; }

    /// <summary>Null where nothing was generated.</summary>
    public double? DecodeTokensPerSecond { get; init; }

    public required double TotalTokensPerSecond { get; init; }

    public required double LoadSeconds { get; init; }

    /// <summary>Of the whole process, once the model is loaded.</summary>
    public required long ResidentBytes { get; init; }

    public required long WeightBytes { get; init; }

    public required string Kernels { get; init; }

    public required string Activations { get; init; }

    public required string KvProfile { get; init; }

    /// <summary>Bits of a key or value in sealed blocks, scales included.</summary>
    public required double KvEffectiveBits { get; init; }

    public required int Threads { get; init; }
}
