namespace Sparrow.Runtime.Loading;

/// <summary>Shape of a checkpoint of random weights. The defaults make a model that loads and answers in milliseconds.</summary>
public sealed record RandomCheckpointOptions
{
    /// <summary><c>llama</c>, or <c>mixtral</c> for a mixture of experts.</summary>
    public string Family { get; init; } = "llama";

    public int HiddenSize { get; init; } = 64;

    public int LayerCount { get; init; } = 2;

    public int HeadCount { get; init; } = 4;

    public int KvHeadCount { get; init; } = 2;

    /// <summary>Null: hidden size over heads.</summary>
    public int? HeadSize { get; init; }

    public int IntermediateSize { get; init; } = 128;

    /// <summary>Experts of a layer of mixtral, each of <see cref="IntermediateSize"/>.</summary>
    public int ExpertCount { get; init; } = 8;

    /// <summary>Experts that each token goes through.</summary>
    public int ExpertsPerToken { get; init; } = 2;

    /// <summary>Null: as many as the tokenizer has, or 320 without one. With a tokenizer at least its size.</summary>
    public int? VocabularySize { get; init; }

    public int ContextLength { get; init; } = 2048;

    public float RopeTheta { get; init; } = 10_000f;

    public bool TiedEmbeddings { get; init; }

    /// <summary>Biases on q, k, v and o.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Biases on gate, up and down.</summary>
    public bool MlpBias { get; init; }

    /// <summary><c>f32</c>, <c>bf16</c> or <c>f16</c>.</summary>
    public string Type { get; init; } = "f32";

    /// <summary>Share of the weights of layers, those of least magnitude, that are zero.</summary>
    public double Sparsity { get; init; }

    /// <summary>Whether to write a byte-level tokenizer and a chat template.</summary>
    public bool Tokenizer { get; init; } = true;

    public ulong Seed { get; init; } = 1;

    /// <summary>Largest safetensors file; more tensors go to further files with an index.</summary>
    public long MaximumShardBytes { get; init; } = 4L << 30;
}
