using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>From GGUF metadata to <see cref="ModelConfig"/>.</summary>
internal static class GgufConfig
{
    private const long MaximumSize = 1 << 24;
    private const long MaximumLayers = 1 << 16;
    private const double Smallest = 1e-6;
    private const double Largest = 1e12;

    private static readonly string[] s_architectures = ["llama", "qwen2", "qwen3"];
    private static readonly string[] s_ends = ["eos", "eot", "eom"];

    /// <param name="metadata">The metadata.</param>
    /// <param name="shapes">Shapes of the stored tensors by GGUF name.</param>
    /// <param name="ropeFactors">The values of <c>rope_freqs.weight</c>, or null.</param>
    public static ModelConfig Read(GgufMetadata metadata, IReadOnlyDictionary<string, long[]> shapes, float[]? ropeFactors)
    {
        string family = metadata.Find<string>("general.architecture") ?? throw Missing(metadata, "general.architecture", "a string");
        if (!s_architectures.Contains(family, StringComparer.Ordinal))
        {
            throw new CheckpointException(
                metadata.File, $"unknown architecture {CheckpointJson.Shorten(family)}", field: "general.architecture", expected: "one of " + string.Join(", ", s_architectures), found: CheckpointJson.Shorten(family));
        }

        int layers = Integer(metadata, family + ".block_count", 1, MaximumLayers);
        int hidden = Integer(metadata, family + ".embedding_length", 1, MaximumSize);
        int inner = Integer(metadata, family + ".feed_forward_length", 1, MaximumSize);
        int context = Integer(metadata, family + ".context_length", 1, int.MaxValue);
        int heads = Integer(metadata, family + ".attention.head_count", 1, MaximumSize);
        int kvHeads = FindInteger(metadata, family + ".attention.head_count_kv", 1, MaximumSize) ?? heads;
        if (heads % kvHeads != 0)
        {
            throw new CheckpointException(
                metadata.File, "head_count is not a multiple of head_count_kv", field: family + ".attention.head_count_kv", expected: "a divisor of head_count", found: $"{heads} and {kvHeads}");
        }

        int headSize = ReadHeadSize(metadata, family, hidden, heads);
        float epsilon = (float)(FindFloat(metadata, family + ".attention.layer_norm_rms_epsilon", 0, 1)
            ?? throw Missing(metadata, family + ".attention.layer_norm_rms_epsilon", "a float"));
        int vocabulary = ReadVocabularySize(metadata, family, shapes);
        return new ModelConfig
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
            NormEpsilon = epsilon,
            TiedEmbeddings = !shapes.ContainsKey("output.weight"),
            QkvBias = shapes.ContainsKey("blk.0.attn_q.bias"),
            AttentionOutputBias = shapes.ContainsKey("blk.0.attn_output.bias"),
            MlpBias = shapes.ContainsKey("blk.0.ffn_up.bias"),
            QueryKeyNorm = family == "qwen3" ? QueryKeyNorm.Head : QueryKeyNorm.None,
            Rope = ReadRope(metadata, family, headSize, context, ropeFactors),
            BeginOfSequenceId = ReadId(metadata, "tokenizer.ggml.bos_token_id", vocabulary),
            EndOfSequenceIds = [.. s_ends
                .Select(name => ReadId(metadata, $"tokenizer.ggml.{name}_token_id", vocabulary))
                .OfType<int>()
                .Distinct()],
        };
    }

    public static CheckpointException Missing(GgufMetadata metadata, string key, string expected) =>
        new(metadata.File, $"missing metadata key {key}", field: key, expected: expected, found: "no such key");

    private static int ReadHeadSize(GgufMetadata metadata, string family, int hidden, int heads)
    {
        int? keySize = FindInteger(metadata, family + ".attention.key_length", 2, MaximumSize);
        int? valueSize = FindInteger(metadata, family + ".attention.value_length", 2, MaximumSize);
        if (keySize is null && hidden % heads != 0)
        {
            throw new CheckpointException(
                metadata.File, $"embedding_length {hidden} is not a multiple of head_count {heads}", field: family + ".attention.head_count", expected: $"a divisor of {hidden}", found: $"{heads}");
        }

        int headSize = keySize ?? (hidden / heads);
        if (headSize % 2 != 0 || headSize < 2)
        {
            throw new CheckpointException(metadata.File, "rotary embedding turns pairs of dimensions", field: family + ".attention.key_length", expected: "an even head size", found: $"{headSize}");
        }

        if (valueSize is not null && valueSize != headSize)
        {
            throw new CheckpointException(metadata.File, "keys and values of different sizes are not supported", field: family + ".attention.value_length", expected: $"{headSize}", found: $"{valueSize}");
        }

        return headSize;
    }

    private static int ReadVocabularySize(GgufMetadata metadata, string family, IReadOnlyDictionary<string, long[]> shapes)
    {
        // Older files do not say; the embedding does.
        int? size = FindInteger(metadata, family + ".vocab_size", 1, MaximumSize);
        if (size is null && shapes.TryGetValue("token_embd.weight", out long[]? shape) && shape.Length == 2 && shape[0] <= MaximumSize)
        {
            size = (int)shape[0];
        }

        return size ?? metadata.Find<string[]>("tokenizer.ggml.tokens")?.Length ?? throw Missing(metadata, family + ".vocab_size", "an integer");
    }

    private static RopeConfig ReadRope(GgufMetadata metadata, string family, int headSize, int context, float[]? factors)
    {
        int rotated = FindInteger(metadata, family + ".rope.dimension_count", 1, MaximumSize) ?? headSize;
        if (rotated % 2 != 0 || rotated > headSize)
        {
            throw new CheckpointException(
                metadata.File, "rope.dimension_count must be even and at most the head size", field: family + ".rope.dimension_count", expected: $"an even number up to {headSize}", found: $"{rotated}");
        }

        RopeConfig rope = new()
        {
            Theta = (float)(FindFloat(metadata, family + ".rope.freq_base", Smallest, Largest) ?? 10_000),
            PartialFactor = (float)rotated / headSize,
        };
        string scalingKey = family + ".rope.scaling.type";
        string? type = metadata.Find<string>(scalingKey);

        // The oldest files had a linear factor and no type.
        float factor = (float)(FindFloat(metadata, family + ".rope.scaling.factor", 0, Largest)
            ?? FindFloat(metadata, family + ".rope.scale_linear", 0, Largest)
            ?? 1);
        factor = factor == 0 ? 1 : factor;
        int original = FindInteger(metadata, family + ".rope.scaling.original_context_length", 1, int.MaxValue) ?? context;
        switch (type)
        {
            case "none":
                break;
            case null or "linear":
                rope = factor == 1 ? rope : rope with { Scaling = RopeScaling.Linear, Factor = factor };
                break;
            case "yarn":
                float scale = (float)(FindFloat(metadata, family + ".rope.scaling.attn_factor", Smallest, Largest) ?? 1);
                rope = rope with
                {
                    Scaling = RopeScaling.Yarn,
                    Factor = factor,
                    OriginalContextLength = original,
                    AttentionFactor = scale * ((0.1f * MathF.Log(factor)) + 1),
                    BetaFast = (float)(FindFloat(metadata, family + ".rope.scaling.yarn_beta_fast", Smallest, Largest) ?? 32),
                    BetaSlow = (float)(FindFloat(metadata, family + ".rope.scaling.yarn_beta_slow", Smallest, Largest) ?? 1),
                };
                break;
            default:
                throw new CheckpointException(metadata.File, "the rope scaling is not supported", field: scalingKey, expected: "one of none, linear, yarn", found: CheckpointJson.Shorten(type));
        }

        return factors is null ? rope : WithFactors(metadata, rope, factors, rotated / 2, original);
    }

    /// <summary>Converters bake llama3's scaling into a tensor of divisors, one a pair of dimensions: longrope whose factors never change.</summary>
    private static RopeConfig WithFactors(GgufMetadata metadata, RopeConfig rope, float[] factors, int pairs, int original)
    {
        if (rope.Scaling != RopeScaling.None || factors.Length != pairs || factors.Any(factor => !(factor >= Smallest && factor <= Largest)))
        {
            throw new CheckpointException(
                metadata.File, "the rope factors cannot be used", tensor: GgufNames.RopeFrequencies, expected: $"{pairs} positive numbers and no other scaling", found: $"{factors.Length} and {rope.Scaling}");
        }

        return rope with { Scaling = RopeScaling.LongRope, ShortFactors = factors, LongFactors = factors, AttentionFactor = 1, OriginalContextLength = original };
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

    private static int Integer(GgufMetadata metadata, string key, long minimum, long maximum) =>
        FindInteger(metadata, key, minimum, maximum) ?? throw Missing(metadata, key, "an integer");

    private static int? FindInteger(GgufMetadata metadata, string key, long minimum, long maximum)
    {
        if (metadata.FindInteger(key) is not { } value)
        {
            return null;
        }

        return value >= minimum && value <= maximum
            ? (int)value
            : throw new CheckpointException(metadata.File, $"{key} is out of range", field: key, expected: $"{minimum} to {maximum}", found: $"{value}");
    }

    private static double? FindFloat(GgufMetadata metadata, string key, double minimum, double maximum)
    {
        if (metadata.FindFloat(key) is not { } value)
        {
            return null;
        }

        return value >= minimum && value <= maximum
            ? value
            : throw new CheckpointException(metadata.File, $"{key} is out of range", field: key, expected: $"{minimum} to {maximum}", found: $"{value}");
    }
}
