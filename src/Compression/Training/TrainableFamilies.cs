using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Training;

/// <summary>Which models can be trained.</summary>
internal static class TrainableFamilies
{
    /// <exception cref="TrainingException">The model does something that has no gradient here; says what.</exception>
    public static void Check(ModelConfig config)
    {
        string? obstacle =
            config.Experts is not null ? "a mixture of experts"
            : config.Norm != NormKind.Rms ? "LayerNorm"
            : config.NormPlacement != NormPlacement.Before ? "norms behind attention or MLP"
            : config.ParallelBranches ? "parallel branches"
            : !config.GatedMlp ? "an MLP without a gate"
            : config.Activation != Activation.Silu ? $"the activation {config.Activation}"
            : config.LearnedPositionOffset is not null ? "learned positions"
            : config.QueryKeyNorm == QueryKeyNorm.Whole ? "norms over all heads of queries and keys"
            : config.QkvClip is not null ? "clipped queries and keys"
            : config.AttentionSoftCap is not null || config.LogitSoftCap is not null ? "capped scores or logits"
            : config.AttentionScaleByLayer ? "scores scaled by layer"
            : config.SlidingRope is not null ? "a second rotary embedding"
            : config.EmbeddingMultiplier != 1 || config.ResidualMultiplier != 1 || config.LogitMultiplier != 1 ? "multipliers of embedding, residual stream or logits"
            : null;
        if (obstacle is not null)
        {
            throw new TrainingException($"models of the family '{config.Family}' with {obstacle} cannot be trained; llama, mistral, qwen2, qwen3 and smollm can");
        }
    }
}
