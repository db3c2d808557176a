namespace Sparrow.Runtime.Models.Layers;

/// <summary>The weights of one block: attention and MLP or experts, with the norms that its family puts before, after and inside them.</summary>
internal sealed class DecoderBlock : IDisposable
{
    public required Norm? AttentionNorm { get; init; }

    public required Norm? QueryNorm { get; init; }

    public required Norm? KeyNorm { get; init; }

    public required Linear Query { get; init; }

    public required Linear Key { get; init; }

    public required Linear Value { get; init; }

    public required Linear AttentionOutput { get; init; }

    /// <summary>Of what attention gives.</summary>
    public required Norm? AttentionOutputNorm { get; init; }

    public required Norm? MlpNorm { get; init; }

    /// <summary>Of what the MLP gives.</summary>
    public required Norm? MlpOutputNorm { get; init; }

    /// <summary>Null where experts stand in for it.</summary>
    public required MlpWeights? Mlp { get; init; }

    public required ExpertWeights? Experts { get; init; }

    /// <summary>The linears in the order of the forward pass.</summary>
    public IEnumerable<Linear> Linears => [Query, Key, Value, AttentionOutput, .. Mlp?.Linears ?? [], .. Experts?.Linears ?? []];

    /// <summary>The linears that an adapter may change, by the ends of their names: all but those of experts.</summary>
    public IEnumerable<(string Name, Linear Linear)> AdaptableLinears
    {
        get
        {
            yield return ("self_attn.q_proj", Query);
            yield return ("self_attn.k_proj", Key);
            yield return ("self_attn.v_proj", Value);
            yield return ("self_attn.o_proj", AttentionOutput);
            if (Mlp?.Gate is { } gate)
            {
                yield return ("mlp.gate_proj", gate);
            }

            if (Mlp is not null)
            {
                yield return ("mlp.up_proj", Mlp.Up);
                yield return ("mlp.down_proj", Mlp.Down);
            }
        }
    }

    public IEnumerable<Norm> Norms =>
        new[] { AttentionNorm, QueryNorm, KeyNorm, AttentionOutputNorm, MlpNorm, MlpOutputNorm }.OfType<Norm>();

    public void Dispose()
    {
        foreach (Norm norm in Norms)
        {
            norm.Dispose();
        }

        foreach (Linear linear in Linears)
        {
            linear.Dispose();
            linear.Weights.Dispose();
        }
    }
}
