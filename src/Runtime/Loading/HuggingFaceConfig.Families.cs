using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>What each family does otherwise than llama.</summary>
internal static partial class HuggingFaceConfig
{
    // No model has so many; a file that claims more must not make us fill lists for them.
    private const int MaximumListedLayers = 1 << 16;

    private static readonly string[] s_families =
    [
        "llama", "mistral", "qwen2", "qwen3", "smollm3", "phi3", "gemma", "gemma2", "gemma3_text", "olmo2", "granite", "stablelm", "cohere",
        "mixtral", "qwen2_moe", "qwen3_moe", "olmoe", "gpt2", "gpt_neox", "opt",
    ];

    // Multi-head latent attention and state spaces are other computations than the decoder's.
    private static readonly string[] s_laterFamilies = ["deepseek", "deepseek_v2", "deepseek_v3", "deepseek_v32", "mamba", "mamba2", "falcon_mamba"];

    // Where config.json does not say whether head and embedding are one.
    private static readonly string[] s_tiedFamilies = ["gemma", "gemma2", "gemma3_text", "cohere", "gpt2", "opt"];

    /// <summary>Whether folders of the family hold norm weights less one.</summary>
    public static bool HasNormsLessOne(string family) => family is "gemma" or "gemma2" or "gemma3_text";

    private static ModelConfig ForFamily(ModelConfig model, ConfigSection config) => model.Family switch
    {
        "mistral" or "phi3" => model with { SlidingWindows = ReadWindows(config, model, _ => true) },
        "qwen2" => model with { QkvBias = true, AttentionOutputBias = false, SlidingWindows = ReadQwenWindows(config, model) },
        "qwen3" => model with { QueryKeyNorm = QueryKeyNorm.Head, SlidingWindows = ReadQwenWindows(config, model) },
        "smollm3" => model with { RopeLayers = ReadRopeLayers(config, model), SlidingWindows = ReadQwenWindows(config, model) },
        "gemma" => AsGemma(model),
        "gemma2" => AsGemma2(model, config) with { SlidingWindows = ReadWindows(config, model, layer => layer % 2 == 0) },
        "gemma3_text" => AsGemma3(model, config),
        "olmo2" => model with { QueryKeyNorm = QueryKeyNorm.Whole, NormPlacement = NormPlacement.After },
        "granite" => model with
        {
            EmbeddingMultiplier = config.FindFloat("embedding_multiplier", Smallest, Largest) ?? 1,
            ResidualMultiplier = config.FindFloat("residual_multiplier", Smallest, Largest) ?? 1,
            AttentionScale = config.FindFloat("attention_multiplier", Smallest, Largest) ?? 1,
            LogitMultiplier = 1 / (config.FindFloat("logits_scaling", Smallest, Largest) ?? 1),
        },
        "mixtral" => model with
        {
            Experts = ReadExperts(config, "num_local_experts", "intermediate_size") with { NormalizeWeights = true },
            SlidingWindows = ReadWindows(config, model, _ => true),
        },
        "qwen2_moe" => model with
        {
            QkvBias = config.FindBool("qkv_bias") ?? true,
            AttentionOutputBias = false,
            SlidingWindows = ReadQwenWindows(config, model),
            Experts = ReadExperts(config, "num_experts", "moe_intermediate_size") with
            {
                SharedIntermediateSize = config.GetInteger("shared_expert_intermediate_size", 1, MaximumSize),
                Layers = ReadExpertLayers(config, model),
            },
        },
        "qwen3_moe" => model with
        {
            QueryKeyNorm = QueryKeyNorm.Head,
            SlidingWindows = ReadQwenWindows(config, model),
            Experts = ReadExperts(config, "num_experts", "moe_intermediate_size") with { Layers = ReadExpertLayers(config, model) },
        },
        "olmoe" => model with
        {
            QueryKeyNorm = QueryKeyNorm.Whole,
            QkvClip = config.FindFloat("clip_qkv", Smallest, Largest),
            Experts = ReadExperts(config, "num_experts", "intermediate_size"),
        },
        "stablelm" => AsStableLm(model, config),
        "cohere" => AsCohere(model, config),
        "gpt2" => AsGpt2(model, config),
        "gpt_neox" => AsGptNeoX(model, config),
        "opt" => AsOpt(model, config),
        _ => model,
    };

    private static ModelConfig AsGemma(ModelConfig model) => model with
    {
        // Early files say "gelu"; the model was trained with the approximation by tanh.
        Activation = Activation.GeluTanh,
        NormWeightsLessOne = true,
        EmbeddingMultiplier = MathF.Sqrt(model.HiddenSize),
    };

    private static ModelConfig AsGemma2(ModelConfig model, ConfigSection config) => AsGemma(model) with
    {
        NormPlacement = NormPlacement.Both,
        AttentionScale = 1 / MathF.Sqrt(config.FindFloat("query_pre_attn_scalar", Smallest, Largest) ?? 256),
        AttentionSoftCap = config.FindFloat("attn_logit_softcapping", Smallest, Largest),
        LogitSoftCap = config.FindFloat("final_logit_softcapping", Smallest, Largest),
    };

    private static ModelConfig AsGemma3(ModelConfig model, ConfigSection config)
    {
        int pattern = config.FindInteger("sliding_window_pattern", 1) ?? 6;
        return AsGemma2(model, config) with
        {
            QueryKeyNorm = QueryKeyNorm.Head,
            SlidingWindows = ReadWindows(config, model, layer => (layer + 1) % pattern != 0),
            SlidingRope = new RopeConfig { Theta = config.FindFloat("rope_local_base_freq", Smallest, Largest) ?? 10_000 },
        };
    }

    private static ModelConfig AsStableLm(ModelConfig model, ConfigSection config)
    {
        foreach (string field in new[] { "use_parallel_residual", "qk_layernorm" })
        {
            if (config.FindBool(field) ?? false)
            {
                throw config.Unsupported(field, "false", "true");
            }
        }

        return model with
        {
            Norm = NormKind.Layer,
            NormBias = true,
            NormEpsilon = config.FindFloat("layer_norm_eps", 0, 1) ?? 1e-5f,
            QkvBias = config.FindBool("use_qkv_bias") ?? false,
            AttentionOutputBias = false,
        };
    }

    private static ModelConfig AsCohere(ModelConfig model, ConfigSection config)
    {
        if (config.FindBool("use_qk_norm") ?? false)
        {
            throw config.Unsupported("use_qk_norm", "false", "true");
        }

        return model with
        {
            Norm = NormKind.Layer,
            NormEpsilon = config.FindFloat("layer_norm_eps", 0, 1) ?? 1e-5f,
            ParallelBranches = true,
            LogitMultiplier = config.FindFloat("logit_scale", Smallest, Largest) ?? 0.0625f,
        };
    }

    private static ExpertConfig ReadExperts(ConfigSection config, string countField, string sizeField)
    {
        int count = config.GetInteger(countField, 1, MaximumSize);
        return new ExpertConfig
        {
            Count = count,
            ChosenCount = config.GetInteger("num_experts_per_tok", 1, count),
            IntermediateSize = config.GetInteger(sizeField, 1, MaximumSize),
            NormalizeWeights = config.FindBool("norm_topk_prob") ?? false,
        };
    }

    /// <summary>Qwen's: every so many layers, except those that are listed.</summary>
    private static bool[] ReadExpertLayers(ConfigSection config, ModelConfig model)
    {
        RequireListable(config, model);
        int step = config.FindInteger("decoder_sparse_step", 1) ?? 1;
        HashSet<int> dense = [.. config.FindIntegers("mlp_only_layers", 0)];
        return [.. Enumerable.Range(0, model.LayerCount).Select(layer => (layer + 1) % step == 0 && !dense.Contains(layer))];
    }

    /// <summary>The window of each layer. Newer files list the layers' types; older ones leave it to the family.</summary>
    private static int?[]? ReadWindows(ConfigSection config, ModelConfig model, Func<int, bool> slides)
    {
        if (config.FindInteger("sliding_window", 1) is not { } window)
        {
            return null;
        }

        RequireListable(config, model);
        string[]? types = config.FindStrings("layer_types");
        if (types is not null && types.Length != model.LayerCount)
        {
            throw config.Unsupported("layer_types", $"{model.LayerCount} types", $"{types.Length}");
        }

        return [.. Enumerable.Range(0, model.LayerCount)
            .Select(layer => types is null ? slides(layer) : types[layer] == "sliding_attention")
            .Select(slides => slides ? window : (int?)null)];
    }

    private static int?[]? ReadQwenWindows(ConfigSection config, ModelConfig model)
    {
        if (!(config.FindBool("use_sliding_window") ?? false))
        {
            return null;
        }

        int fullLayers = config.FindInteger("max_window_layers", 0) ?? 28;
        return ReadWindows(config, model, layer => layer >= fullLayers);
    }

    /// <summary>smollm3: 1 stands for a layer that rotates; without a list every fourth layer does not.</summary>
    private static bool[] ReadRopeLayers(ConfigSection config, ModelConfig model)
    {
        RequireListable(config, model);
        if (!config.Has("no_rope_layers"))
        {
            int interval = config.FindInteger("no_rope_layer_interval", 1) ?? 4;
            return [.. Enumerable.Range(0, model.LayerCount).Select(layer => (layer + 1) % interval != 0)];
        }

        int[] layers = config.FindIntegers("no_rope_layers", 0, 1);
        return layers.Length == model.LayerCount
            ? [.. layers.Select(rotates => rotates == 1)]
            : throw config.Unsupported("no_rope_layers", $"{model.LayerCount} numbers", $"{layers.Length}");
    }

    private static void RequireListable(ConfigSection config, ModelConfig model)
    {
        if (model.LayerCount > MaximumListedLayers)
        {
            throw config.Unsupported("num_hidden_layers", $"at most {MaximumListedLayers}", $"{model.LayerCount}");
        }
    }
}
