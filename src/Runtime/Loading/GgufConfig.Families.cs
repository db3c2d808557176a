using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>What a family's name says without a key of its own, as the runtime that GGUF was made for has it.</summary>
internal static partial class GgufConfig
{
    private const int SoftmaxGating = 1;
    private const int MaximumExperts = 1 << 12;

    private static bool UsesLayerNorm(string family) => family is "stablelm" or "cohere" or "gpt2" or "gpt_neox";

    private static ModelConfig ForFamily(ModelConfig model, GgufKeys keys, IReadOnlyDictionary<string, long[]> shapes) => model.Family switch
    {
        "llama" => AsLlama(model, keys, shapes),
        "qwen2" => model with { SlidingWindows = ReadWindows(model, keys, null) },
        "qwen2_moe" => model with
        {
            SlidingWindows = ReadWindows(model, keys, null),
            Experts = ReadExperts(model, keys, shapes, normalize: false) with
            {
                SharedIntermediateSize = keys.FindInteger("expert_shared_feed_forward_length", 1, MaximumSize) ?? model.IntermediateSize,
            },
        },
        "qwen3" => model with { QueryKeyNorm = QueryKeyNorm.Head, SlidingWindows = ReadWindows(model, keys, null) },
        "qwen3_moe" => model with
        {
            QueryKeyNorm = QueryKeyNorm.Head,
            SlidingWindows = ReadWindows(model, keys, null),
            Experts = ReadExperts(model, keys, shapes, normalize: true),
        },
        "smollm3" => model with
        {
            RopeLayers = [.. Enumerable.Range(0, model.LayerCount).Select(layer => (layer + 1) % 4 != 0)],
            SlidingWindows = ReadWindows(model, keys, null),
        },
        "phi3" => model with { SlidingWindows = ReadWindows(model, keys, _ => true) },
        "gemma" => AsGemma(model),
        "gemma2" => AsGemma(model) with
        {
            NormPlacement = NormPlacement.Both,
            AttentionScale = model.AttentionScale ?? GemmaScale(model, largest: 46),
            AttentionSoftCap = model.AttentionSoftCap ?? 50,
            LogitSoftCap = model.LogitSoftCap ?? 30,
            SlidingWindows = ReadWindows(model, keys, layer => layer % 2 == 0),
        },
        "gemma3_text" => AsGemma(model) with
        {
            NormPlacement = NormPlacement.Both,
            QueryKeyNorm = QueryKeyNorm.Head,
            AttentionScale = model.AttentionScale ?? GemmaScale(model, largest: 62),
            SlidingWindows = ReadWindows(model, keys, layer => (layer + 1) % 6 != 0),
            SlidingRope = new RopeConfig { Theta = keys.FindFloat("rope.freq_base_swa", Smallest, Largest) ?? 10_000 },
        },
        "olmo2" => AsOlmo2(model, keys),
        "olmoe" => model with { QueryKeyNorm = QueryKeyNorm.Whole, Experts = ReadExperts(model, keys, shapes, normalize: false) },
        "granite" => model with { LogitMultiplier = 1 / (keys.FindScale("logit_scale", Smallest, Largest) ?? 1) },
        "stablelm" => AsStableLm(model, keys, shapes),
        "cohere" => AsCohere(model, keys, shapes),
        "gpt2" => AsOlder(model, Activation.GeluTanh) with { LearnedPositionOffset = 0, RopeLayers = new bool[model.LayerCount] },
        "gpt_neox" => AsGptNeoX(model, keys),
        _ => model,
    };

    private static ModelConfig AsLlama(ModelConfig model, GgufKeys keys, IReadOnlyDictionary<string, long[]> shapes)
    {
        bool hasExperts = (keys.FindInteger("expert_count", 0, MaximumSize) ?? 0) > 0;
        int?[]? windows = ReadWindows(model, keys, _ => true);
        return model with
        {
            Family = hasExperts ? "mixtral" : windows is null ? "llama" : "mistral",
            Experts = hasExperts ? ReadExperts(model, keys, shapes, normalize: true) : null,
            SlidingWindows = windows,
        };
    }

    // Norm weights are stored whole here, not less one.
    private static ModelConfig AsGemma(ModelConfig model) => model with
    {
        Activation = Activation.GeluTanh,
        EmbeddingMultiplier = model.EmbeddingMultiplier == 1 ? MathF.Sqrt(model.HiddenSize) : model.EmbeddingMultiplier,
    };

    // Files do not say it: the largest of each generation scales by what a head would have of the hidden size, the others by the head.
    private static float GemmaScale(ModelConfig model, int largest) =>
        1 / MathF.Sqrt(model.LayerCount == largest ? model.HiddenSize / (float)model.HeadCount : model.HeadSize);

    private static ModelConfig AsOlmo2(ModelConfig model, GgufKeys keys)
    {
        // olmo3 goes by the same name and turns layers with a window otherwise.
        return (keys.FindInteger("attention.sliding_window", 0, int.MaxValue) ?? 0) == 0
            ? model with { QueryKeyNorm = QueryKeyNorm.Whole, NormPlacement = NormPlacement.After }
            : throw keys.Unsupported("attention.sliding_window", "no window", "olmo3, which has one");
    }

    private static ModelConfig AsStableLm(ModelConfig model, GgufKeys keys, IReadOnlyDictionary<string, long[]> shapes)
    {
        // The key says what older writers left at its default; the norm is there or not.
        if (!shapes.ContainsKey("blk.0.ffn_norm.weight"))
        {
            throw keys.Unsupported("use_parallel_residual", "false", "true");
        }

        return RefuseQueryKeyNorm(keys, shapes, model with { Norm = NormKind.Layer, NormBias = true });
    }

    private static ModelConfig AsCohere(ModelConfig model, GgufKeys keys, IReadOnlyDictionary<string, long[]> shapes) =>
        RefuseQueryKeyNorm(keys, shapes, model with
        {
            Norm = NormKind.Layer,
            ParallelBranches = true,
            LogitMultiplier = keys.GetFloat("logit_scale", Smallest, Largest),
        });

    private static ModelConfig RefuseQueryKeyNorm(GgufKeys keys, IReadOnlyDictionary<string, long[]> shapes, ModelConfig model) =>
        shapes.ContainsKey("blk.0.attn_q_norm.weight")
            ? throw new CheckpointException(keys.Metadata.File, "norms of queries and keys are not supported in this family", tensor: "blk.0.attn_q_norm.weight", expected: "no such tensor", found: model.Family)
            : model;

    private static ModelConfig AsOlder(ModelConfig model, Activation activation) => model with
    {
        Norm = NormKind.Layer,
        NormBias = true,
        GatedMlp = false,
        Activation = activation,
    };

    private static ModelConfig AsGptNeoX(ModelConfig model, GgufKeys keys)
    {
        bool parallel = keys.FindBool("use_parallel_residual") ?? true;
        return AsOlder(model, Activation.Gelu) with { ParallelBranches = parallel, ParallelMlpNorm = parallel };
    }

    private static ExpertConfig ReadExperts(ModelConfig model, GgufKeys keys, IReadOnlyDictionary<string, long[]> shapes, bool normalize)
    {
        int count = keys.GetInteger("expert_count", 1, MaximumExperts);
        int chosen = keys.GetInteger("expert_used_count", 1, count);
        if (keys.FindInteger("expert_gating_func", 0, int.MaxValue) is { } gating and not (0 or SoftmaxGating))
        {
            throw keys.Unsupported("expert_gating_func", $"{SoftmaxGating}, softmax", $"{gating}");
        }

        if (keys.FindScale("expert_weights_scale", Smallest, Largest) is { } scale and not 1)
        {
            throw keys.Unsupported("expert_weights_scale", "1", $"{scale}");
        }

        // Of old files of qwen2moe only the sum over the chosen experts is known.
        int inner = keys.FindInteger("expert_feed_forward_length", 1, MaximumSize)
            ?? (model.Family == "qwen2_moe" ? Math.Max(model.IntermediateSize / chosen, 1) : model.IntermediateSize);
        bool[] layers = [.. Enumerable.Range(0, model.LayerCount).Select(layer => !shapes.ContainsKey($"blk.{layer}.ffn_up.weight"))];
        return new ExpertConfig
        {
            Count = count,
            ChosenCount = chosen,
            IntermediateSize = inner,
            NormalizeWeights = keys.FindBool("expert_weights_norm") ?? normalize,
            Layers = layers.All(hasExperts => hasExperts) ? null : layers,
        };
    }

    /// <summary>The window of each layer, which a pattern may tell: a truth value a layer, or every how many layers one has none.</summary>
    /// <param name="model">The settings so far.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="slides">The family's pattern; null: no layer has a window unless the file has a pattern.</param>
    private static int?[]? ReadWindows(ModelConfig model, GgufKeys keys, Func<int, bool>? slides)
    {
        const string PatternKey = "attention.sliding_window_pattern";
        int window = keys.FindInteger("attention.sliding_window", 0, int.MaxValue) ?? 0;
        if (window == 0)
        {
            return null;
        }

        if (keys.Metadata.Values.TryGetValue(keys[PatternKey], out object? pattern))
        {
            if (pattern is bool[] truths)
            {
                slides = truths.Length == model.LayerCount
                    ? layer => truths[layer]
                    : throw keys.Unsupported(PatternKey, $"{model.LayerCount} truth values", $"{truths.Length}");
            }
            else
            {
                int period = keys.GetInteger(PatternKey, 1, int.MaxValue);
                slides = layer => (layer + 1) % period != 0;
            }
        }

        return slides is null ? null : [.. Enumerable.Range(0, model.LayerCount).Select(layer => slides(layer) ? window : (int?)null)];
    }
}
