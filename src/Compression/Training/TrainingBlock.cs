namespace Sparrow.Compression.Training;

/// <summary>The weights of one block.</summary>
internal sealed class TrainingBlock
{
    public required NormGain AttentionNorm { get; init; }

    public required NormGain MlpNorm { get; init; }

    /// <summary>Norm of each head of queries; null where the family has none.</summary>
    public NormGain? QueryNorm { get; init; }

    public NormGain? KeyNorm { get; init; }

    /// <summary>Query, key, value.</summary>
    public required FusedLinear Qkv { get; init; }

    public required FusedLinear AttentionOutput { get; init; }

    /// <summary>Gate, up.</summary>
    public required FusedLinear GateUp { get; init; }

    public required FusedLinear Down { get; init; }

    /// <summary>Keys that a query sees, itself included; null: all before it.</summary>
    public int? Window { get; init; }

    /// <summary>Whether queries and keys are rotated.</summary>
    public bool Rotates { get; init; } = true;

    public IEnumerable<FusedLinear> Linears => [Qkv, AttentionOutput, GateUp, Down];

    public IEnumerable<NormGain> Norms => new[] { AttentionNorm, QueryNorm, KeyNorm, MlpNorm }.OfType<NormGain>();
}
