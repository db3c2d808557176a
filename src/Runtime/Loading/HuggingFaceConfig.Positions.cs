using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>The older families: LayerNorm and biases everywhere, an MLP without gate, and names of their own for the same numbers.</summary>
internal static partial class HuggingFaceConfig
{
    /// <summary>What a family calls the fields that the reader asks for.</summary>
    public static Dictionary<string, string>? FieldNames(string? family) => family switch
    {
        "gpt2" => new()
        {
            ["hidden_size"] = "n_embd",
            ["num_hidden_layers"] = "n_layer",
            ["num_attention_heads"] = "n_head",
            ["intermediate_size"] = "n_inner",
            ["max_position_embeddings"] = "n_positions",
            ["hidden_act"] = "activation_function",
            ["layer_norm_eps"] = "layer_norm_epsilon",
        },
        "gpt_neox" => new() { ["partial_rotary_factor"] = "rotary_pct", ["rope_theta"] = "rotary_emb_base" },
        "opt" => new() { ["intermediate_size"] = "ffn_dim", ["hidden_act"] = "activation_function" },
        _ => null,
    };

    private static ModelConfig AsOlder(ModelConfig model, ConfigSection config, Activation activation) => model with
    {
        Norm = NormKind.Layer,
        NormBias = true,
        NormEpsilon = config.FindFloat("layer_norm_eps", 0, 1) ?? 1e-5f,
        QkvBias = true,
        AttentionOutputBias = true,
        MlpBias = true,
        GatedMlp = false,
        Activation = config.Has("hidden_act") ? model.Activation : activation,
    };

    private static ModelConfig AsGpt2(ModelConfig model, ConfigSection config) => AsOlder(model, config, Activation.GeluTanh) with
    {
        LearnedPositionOffset = 0,
        RopeLayers = NoRope(config, model),
        AttentionScale = config.FindBool("scale_attn_weights") ?? true ? null : 1,
        AttentionScaleByLayer = config.FindBool("scale_attn_by_inverse_layer_idx") ?? false,
    };

    private static ModelConfig AsGptNeoX(ModelConfig model, ConfigSection config)
    {
        bool attentionBias = config.FindBool("attention_bias") ?? true;
        bool parallel = config.FindBool("use_parallel_residual") ?? true;
        return AsOlder(model, config, Activation.Gelu) with
        {
            KvHeadCount = model.HeadCount,
            QkvBias = attentionBias,
            AttentionOutputBias = attentionBias,
            ParallelBranches = parallel,
            ParallelMlpNorm = parallel,
            Rope = config.Has("partial_rotary_factor") || config.Has("rope_parameters") ? model.Rope : model.Rope with { PartialFactor = 0.25f },
        };
    }

    private static ModelConfig AsOpt(ModelConfig model, ConfigSection config)
    {
        foreach ((string field, bool usual) in new[] { ("do_layer_norm_before", true), ("enable_bias", true), ("layer_norm_elementwise_affine", true), ("_remove_final_layer_norm", false) })
        {
            if ((config.FindBool(field) ?? usual) != usual)
            {
                throw config.Unsupported(field, usual ? "true" : "false", usual ? "false" : "true");
            }
        }

        int embedding = config.FindInteger("word_embed_proj_dim", 1) ?? model.HiddenSize;
        return embedding == model.HiddenSize
            ? AsOlder(model, config, Activation.Relu) with { LearnedPositionOffset = 2, RopeLayers = NoRope(config, model) }
            : throw config.Unsupported("word_embed_proj_dim", $"hidden_size {model.HiddenSize}", $"{embedding}");
    }

    private static bool[] NoRope(ConfigSection config, ModelConfig model)
    {
        RequireListable(config, model);
        return new bool[model.LayerCount];
    }
}
