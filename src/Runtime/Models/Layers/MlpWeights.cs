namespace Sparrow.Runtime.Models.Layers;

/// <summary>The weights of one MLP: a dense one, or one expert.</summary>
internal sealed class MlpWeights
{
    /// <summary>Null where the MLP has no gate.</summary>
    public required Linear? Gate { get; init; }

    public required Linear Up { get; init; }

    public required Linear Down { get; init; }

    /// <summary>The linears in the order of the forward pass.</summary>
    public IEnumerable<Linear> Linears => Gate is null ? [Up, Down] : [Gate, Up, Down];
}
