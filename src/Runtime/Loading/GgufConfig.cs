using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>From GGUF metadata to <see cref="ModelConfig"/>.</summary>
internal static partial class GgufConfig
{
    private const long MaximumSize = 1 << 24;
    private const long MaximumLayers = 1 << 16;
    private const double Smallest = 1e-6;
    private const double Largest = 1e12;

    private static readonly string[] s_ends = ["eos", "eot", "eom"];

    /// <param name="metadata">The metadata.</param>
    /// <param name="shapes">Shapes of the stored tensors by GGUF name.</param>
    /// <param name="ropeTensors">Rotary divisors that the file holds as tensors.</param>
    public static ModelConfig Read(GgufMetadata metadata, IReadOnlyDictionary<string, long[]> shapes, GgufRopeTensors ropeTensors)
    {
        string architecture = metadata.Find<string>("general.architecture") ?? throw Missing(metadata, "general.architecture", "a string");
        string family = GgufArchitecture.FamilyOf(architecture) ?? throw Unknown(metadata, architecture);
        GgufKeys keys = new(metadata, architecture);
        int layers = keys.GetInteger("block_count", 1, MaximumLayers);
        int hidden = keys.GetInteger("embedding_length", 1, MaximumSize);
        int inner = keys.GetInteger("feed_forward_length", 1, MaximumSize);
        int context = keys.GetInteger("context_length", 1, int.MaxValue);
        int heads = keys.GetInteger("attention.head_count", 1, MaximumSize);
        int kvHeads = keys.FindInteger("attention.head_count_kv", 1, MaximumSize) ?? heads;
        if (heads % kvHeads != 0)
        {
            throw new CheckpointException(
                metadata.File, "head_count is not a multiple of head_count_kv", field: keys["attention.head_count_kv"], expected: "a divisor of head_count", found: $"{heads} and {kvHeads}");
        }

        int headSize = ReadHeadSize(keys, hidden, heads);
        int vocabulary = ReadVocabularySize(keys, shapes);
        ModelConfig model = new()
        {
            Family = family,
            HiddenSize = hidden,
            LayerCount = layers,
            HeadCount = heads,
            KvHeadCount = kvHeads,
            HeadSize = headSize,
            IntermediateSize = inner,
            VocabularySize = vocabulary,
            ContextLength = context,
            NormEpsilon = keys.GetFloat(UsesLayerNorm(family) ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", 0, 1),
            TiedEmbeddings = !shapes.ContainsKey("output.weight"),
            QkvBias = shapes.ContainsKey("blk.0.attn_q.bias") || shapes.ContainsKey("blk.0.attn_qkv.bias"),
            AttentionOutputBias = shapes.ContainsKey("blk.0.attn_output.bias"),
            MlpBias = shapes.ContainsKey("blk.0.ffn_up.bias"),
            QkvClip = keys.FindScale("attention.clamp_kqv", Smallest, Largest),
            AttentionScale = keys.FindScale("attention.scale", Smallest, Largest),
            EmbeddingMultiplier = keys.FindScale("embedding_scale", Smallest, Largest) ?? 1,
            ResidualMultiplier = keys.FindScale("residual_scale", Smallest, Largest) ?? 1,
            AttentionSoftCap = keys.FindScale("attn_logit_softcapping", Smallest, Largest),
            LogitSoftCap = keys.FindScale("final_logit_softcapping", Smallest, Largest),
            Rope = ReadRope(keys, headSize, context, ropeTensors),
            BeginOfSequenceId = ReadId(metadata, "tokenizer.ggml.bos_token_id", vocabulary),
            EndOfSequenceIds = [.. s_ends
                .Select(name => ReadId(metadata, $"tokenizer.ggml.{name}_token_id", vocabulary))
                .OfType<int>()
                .Distinct()],
        };
        return ForFamily(model, keys, shapes);
    }

    public static CheckpointException Missing(GgufMetadata metadata, string key, string expected) =>
        new(metadata.File, $"missing metadata key {key}", field: key, expected: expected, found: "no such key");

    private static CheckpointException Unknown(GgufMetadata metadata, string architecture) =>
        new(metadata.File, $"unknown architecture {CheckpointJson.Shorten(architecture)}",
            field: "general.architecture", expected: "one of " + string.Join(", ", GgufArchitecture.Names), found: CheckpointJson.Shorten(architecture));

    private static int ReadHeadSize(GgufKeys keys, int hidden, int heads)
    {
        int? keySize = keys.FindInteger("attention.key_length", 2, MaximumSize);
        int? valueSize = keys.FindInteger("attention.value_length", 2, MaximumSize);
        if (keySize is null && hidden % heads != 0)
        {
            throw new CheckpointException(
                keys.Metadata.File, $"embedding_length {hidden} is not a multiple of head_count {heads}", field: keys["attention.head_count"], expected: $"a divisor of {hidden}", found: $"{heads}");
        }

        int headSize = keySize ?? (hidden / heads);
        if (headSize % 2 != 0 || headSize < 2)
        {
            throw new CheckpointException(keys.Metadata.File, "rotary embedding turns pairs of dimensions", field: keys["attention.key_length"], expected: "an even head size", found: $"{headSize}");
        }

        if (valueSize is not null && valueSize != headSize)
        {
            throw new CheckpointException(keys.Metadata.File, "keys and values of different sizes are not supported", field: keys["attention.value_length"], expected: $"{headSize}", found: $"{valueSize}");
        }

        return headSize;
    }

    private static int ReadVocabularySize(GgufKeys keys, IReadOnlyDictionary<string, long[]> shapes)
    {
        // Older files do not say; the embedding does.
        int? size = keys.FindInteger("vocab_size", 1, MaximumSize);
        if (size is null && shapes.TryGetValue("token_embd.weight", out long[]? shape) && shape.Length == 2 && shape[0] <= MaximumSize)
        {
            size = (int)shape[0];
        }

        return size ?? keys.Metadata.Find<string[]>("tokenizer.ggml.tokens")?.Length ?? throw keys.Missing("vocab_size", "an integer");
    }

    private static int? ReadId(GgufMetadata metadata, string key, int vocabulary)
    {
        // Minus one, or its unsigned image, has been written for "none".
        if (metadata.FindInteger(key) is not { } id || id is -1 or uint.MaxValue)
        {
            return null;
        }

        return id >= 0 && id < vocabulary
            ? (int)id
            : throw new CheckpointException(metadata.File, $"{key} is outside the vocabulary", field: key, expected: $"0 to {vocabulary - 1}", found: $"{id}");
    }
}
