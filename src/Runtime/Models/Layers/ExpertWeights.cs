namespace Sparrow.Runtime.Models.Layers;

/// <summary>The weights of a mixture of experts.</summary>
internal sealed class ExpertWeights
{
    /// <summary>A score for each expert.</summary>
    public required Linear Router { get; init; }

    public required IReadOnlyList<MlpWeights> Experts { get; init; }

    /// <summary>The expert of all tokens.</summary>
    public required MlpWeights? Shared { get; init; }

    /// <summary>One output: how much of the shared expert a token takes, before the sigmoid.</summary>
    public required Linear? SharedGate { get; init; }

    public IEnumerable<Linear> Linears =>
        new[] { Router, SharedGate }.OfType<Linear>()
            .Concat(Experts.SelectMany(expert => expert.Linears))
            .Concat(Shared?.Linears ?? []);
}
