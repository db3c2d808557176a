namespace Sparrow.Runtime.Models.Layers;

/// <summary>Sees the input of each linear layer beside its product: calibration gathers its statistics here.</summary>
internal interface ILinearTap
{
    /// <param name="input">Which linears read it.</param>
    /// <param name="expert">The expert they belong to; null for those that every token goes through.</param>
    /// <param name="activations">The input; rows 0 to <paramref name="tokenCount"/>, not to be changed.</param>
    /// <param name="tokenCount">Tokens; of an expert those that chose it.</param>
    void OnInput(LinearInput input, int? expert, ActivationBuffer activations, int tokenCount);
}

/// <summary>The inputs of a block's linears; linears that read the same one share it.</summary>
internal enum LinearInput
{
    /// <summary>Of query, key and value.</summary>
    Attention,

    /// <summary>Of the attention's output projection.</summary>
    AttentionOutput,

    /// <summary>Of gate and up.</summary>
    Mlp,

    /// <summary>Of down.</summary>
    Down,
}
