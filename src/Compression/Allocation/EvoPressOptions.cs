namespace Sparrow.Compression.Allocation;

/// <summary>Settings of <see cref="EvoPressSearch"/>; the defaults are the paper's for sparsity.</summary>
public sealed record EvoPressOptions
{
    public int Generations { get; init; } = 400;

    /// <summary>Candidates of a generation.</summary>
    public int Offspring { get; init; } = 64;

    /// <summary>Rounds of selection; the last leaves one, and has the parent among its candidates.</summary>
    public IReadOnlyList<EvoPressStage> Stages { get; init; } = [new(8, 2048), new(2, 16384), new(1, 65536)];

    /// <summary>Most exchanges of a mutation; the smaller of two draws up to it is taken.</summary>
    public int MaxExchanges { get; init; } = 3;

    public int Seed { get; init; }
}
