namespace Sparrow.Runtime.Models;

/// <summary>A mixture of experts in place of the MLP: how many there are, how many a token goes through, and how their results are weighed.</summary>
public sealed record ExpertConfig
{
    public required int Count { get; init; }

    /// <summary>Experts that each token goes through.</summary>
    public required int ChosenCount { get; init; }

    /// <summary>Inner size of each expert.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Inner size of the expert that every token goes through, weighed by a gate of its own; null: there is none.</summary>
    public int? SharedIntermediateSize { get; init; }

    /// <summary>Whether the weights of the chosen are scaled to add up to 1; else they stay shares of all experts.</summary>
    public bool NormalizeWeights { get; init; }

    /// <summary>Which layers have experts, the others being dense; null: all.</summary>
    public IReadOnlyList<bool>? Layers { get; init; }

    public bool InLayer(int layer) => Layers?[layer] ?? true;
}
