namespace Sparrow.Runtime.Models;

/// <summary>What Hugging Face calls the norms of a block; null where the block has none there.</summary>
/// <param name="Attention">Before attention.</param>
/// <param name="AttentionOutput">After attention.</param>
/// <param name="Mlp">Before the MLP.</param>
/// <param name="MlpOutput">After the MLP.</param>
internal sealed record BlockNormNames(string? Attention, string? AttentionOutput, string? Mlp, string? MlpOutput)
{
    // One name, two meanings: post_attention_layernorm stands before the MLP in llama and after attention in gemma2 and olmo2.
    private static readonly BlockNormNames s_parallel = new("input_layernorm", null, null, null);
    private static readonly BlockNormNames s_before = new("input_layernorm", null, "post_attention_layernorm", null);
    private static readonly BlockNormNames s_after = new(null, "post_attention_layernorm", null, "post_feedforward_layernorm");
    private static readonly BlockNormNames s_both =
        new("input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm");

    public static BlockNormNames Of(ModelConfig config) => config.NormPlacement switch
    {
        NormPlacement.After => s_after,
        NormPlacement.Both => s_both,
        _ => config.ParallelBranches && !config.ParallelMlpNorm ? s_parallel : s_before,
    };

    public IEnumerable<string> All => new[] { Attention, AttentionOutput, Mlp, MlpOutput }.OfType<string>();
}
