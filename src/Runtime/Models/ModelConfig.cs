namespace Sparrow.Runtime.Models;

/// <summary>
/// Hyperparameters of a decoder, the same whichever file they came from. A family is a set of values here, not a class: what a family does
/// differently is a property that exactly one place in the decoder reads.
/// </summary>
public sealed record ModelConfig
{
    /// <summary>Hugging Face's <c>model_type</c> or the GGUF architecture: <c>llama</c>.</summary>
    public required string Family { get; init; }

    public required int HiddenSize { get; init; }

    public required int LayerCount { get; init; }

    public required int HeadCount { get; init; }

    public required int KvHeadCount { get; init; }

    /// <summary>Size of a head; <c>HeadCount × HeadSize</c> need not be the hidden size.</summary>
    public required int HeadSize { get; init; }

    public required int IntermediateSize { get; init; }

    public required int VocabularySize { get; init; }

    /// <summary>Longest sequence the model was made for: <c>max_position_embeddings</c>.</summary>
    public required int ContextLength { get; init; }

    public float NormEpsilon { get; init; } = 1e-5f;

    public bool TiedEmbeddings { get; init; }

    /// <summary>Bias on q, k and v.</summary>
    public bool QkvBias { get; init; }

    /// <summary>Bias on the attention output projection.</summary>
    public bool AttentionOutputBias { get; init; }

    /// <summary>Bias on gate, up and down.</summary>
    public bool MlpBias { get; init; }

    public Activation Activation { get; init; } = Activation.Silu;

    public NormKind Norm { get; init; } = NormKind.Rms;

    /// <summary>Whether norms have a bias; only with <see cref="NormKind.Layer"/>.</summary>
    public bool NormBias { get; init; }

    /// <summary>Whether files hold norm weights less one, as gemma's do.</summary>
    public bool NormWeightsLessOne { get; init; }

    public NormPlacement NormPlacement { get; init; } = NormPlacement.Before;

    /// <summary>Whether attention and MLP both read the attention's norm and are added together.</summary>
    public bool ParallelBranches { get; init; }

    /// <summary>Whether beside attention the MLP has a norm of its own.</summary>
    public bool ParallelMlpNorm { get; init; }

    /// <summary>Whether the MLP multiplies by a gate; without one the activation is applied to what up gives.</summary>
    public bool GatedMlp { get; init; } = true;

    /// <summary>Row of position 0 in a learned table of <see cref="ContextLength"/> positions and these rows more; null: there is none.</summary>
    public int? LearnedPositionOffset { get; init; }

    /// <summary>RMS norms of queries and keys before they are rotated.</summary>
    public QueryKeyNorm QueryKeyNorm { get; init; } = QueryKeyNorm.None;

    /// <summary>Keeps queries, keys and values within ± this before they are rotated; null: leaves them.</summary>
    public float? QkvClip { get; init; }

    /// <summary>The mixture of experts that stands in for the MLP; null: MLPs are dense.</summary>
    public ExpertConfig? Experts { get; init; }

    /// <summary>Multiplies the embedding.</summary>
    public float EmbeddingMultiplier { get; init; } = 1;

    /// <summary>Multiplies what attention and MLP add to the residual stream.</summary>
    public float ResidualMultiplier { get; init; } = 1;

    /// <summary>Multiplies logits, before capping.</summary>
    public float LogitMultiplier { get; init; } = 1;

    /// <summary>Multiplies scores; null: 1 / √<see cref="HeadSize"/>.</summary>
    public float? AttentionScale { get; init; }

    /// <summary>Whether scores of the layer at index i are divided by i + 1 as well.</summary>
    public bool AttentionScaleByLayer { get; init; }

    /// <summary>Bends scores to stay within ± this; null: leaves them.</summary>
    public float? AttentionSoftCap { get; init; }

    /// <summary>Bends logits to stay within ± this; null: leaves them.</summary>
    public float? LogitSoftCap { get; init; }

    /// <summary>Which layers rotate queries and keys; null: all.</summary>
    public IReadOnlyList<bool>? RopeLayers { get; init; }

    /// <summary>The rotary embedding of layers with a sliding window, where it is another.</summary>
    public RopeConfig? SlidingRope { get; init; }

    public RopeConfig Rope { get; init; } = new();

    /// <summary>Keys visible to a query, itself included; null: all. Per layer where it differs.</summary>
    public IReadOnlyList<int?>? SlidingWindows { get; init; }

    /// <summary>Ids that end generation, from config.json, generation_config.json or GGUF metadata.</summary>
    public IReadOnlyList<int> EndOfSequenceIds { get; init; } = [];

    public int? BeginOfSequenceId { get; init; }
}

/// <summary>Where a block norms.</summary>
public enum NormPlacement
{
    /// <summary>What attention and MLP read.</summary>
    Before,

    /// <summary>What they give, before it is added to the residual stream.</summary>
    After,

    /// <summary>Both.</summary>
    Both,
}

/// <summary>How queries and keys are normed.</summary>
public enum QueryKeyNorm
{
    None,

    /// <summary>Each head by itself, all with the same weights.</summary>
    Head,

    /// <summary>All heads of a token together.</summary>
    Whole,
}

/// <summary>The gate function of the MLP.</summary>
public enum Activation
{
    Silu,
    Gelu,
    GeluTanh,
    Relu,
}

/// <summary>Rotary embedding: base and scaling, as in Hugging Face's <c>rope_parameters</c>.</summary>
public sealed record RopeConfig
{
    public float Theta { get; init; } = 10_000f;

    public RopeScaling Scaling { get; init; } = RopeScaling.None;

    public float Factor { get; init; } = 1f;

    /// <summary>llama3: low_freq_factor.</summary>
    public float LowFrequencyFactor { get; init; } = 1f;

    /// <summary>llama3: high_freq_factor.</summary>
    public float HighFrequencyFactor { get; init; } = 4f;

    /// <summary>llama3, yarn, longrope: original_max_position_embeddings.</summary>
    public int OriginalContextLength { get; init; }

    /// <summary>yarn: multiplies cos and sin; null: 0.1 ln(factor) + 1.</summary>
    public float? AttentionFactor { get; init; }

    /// <summary>yarn: beta_fast.</summary>
    public float BetaFast { get; init; } = 32f;

    /// <summary>yarn: beta_slow.</summary>
    public float BetaSlow { get; init; } = 1f;

    /// <summary>yarn: whether the ramp's ends are rounded to whole dimensions.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>longrope: factors for short sequences; null elsewhere.</summary>
    public IReadOnlyList<float>? ShortFactors { get; init; }

    /// <summary>longrope: factors for long sequences; GGUF's <c>rope_freqs</c> arrive here and in <see cref="ShortFactors"/>.</summary>
    public IReadOnlyList<float>? LongFactors { get; init; }

    /// <summary>Share of a head's dimensions that rotate.</summary>
    public float PartialFactor { get; init; } = 1f;
}

/// <summary>The rope scalings that checkpoints name by <c>rope_type</c> or <c>type</c>.</summary>
public enum RopeScaling
{
    None,
    Linear,
    Dynamic,
    Llama3,
    Yarn,
    LongRope,
}
