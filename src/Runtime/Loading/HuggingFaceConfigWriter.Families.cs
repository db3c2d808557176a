using System.Text.Json;
using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

internal static partial class HuggingFaceConfigWriter
{
    // Where leaving a field out would mean its default, not none.
    private static readonly JsonElement s_none = JsonSerializer.SerializeToElement<object?>(null);

    private static string ClassOf(string family) => family switch
    {
        "llama" => "LlamaForCausalLM",
        "mistral" => "MistralForCausalLM",
        "mixtral" => "MixtralForCausalLM",
        "qwen2" => "Qwen2ForCausalLM",
        "qwen2_moe" => "Qwen2MoeForCausalLM",
        "qwen3" => "Qwen3ForCausalLM",
        "qwen3_moe" => "Qwen3MoeForCausalLM",
        "smollm3" => "SmolLM3ForCausalLM",
        "phi3" => "Phi3ForCausalLM",
        "gemma" => "GemmaForCausalLM",
        "gemma2" => "Gemma2ForCausalLM",
        "gemma3_text" => "Gemma3ForCausalLM",
        "olmo2" => "Olmo2ForCausalLM",
        "olmoe" => "OlmoeForCausalLM",
        "granite" => "GraniteForCausalLM",
        "stablelm" => "StableLmForCausalLM",
        "cohere" => "CohereForCausalLM",
        "gpt2" => "GPT2LMHeadModel",
        "gpt_neox" => "GPTNeoXForCausalLM",
        "opt" => "OPTForCausalLM",
        _ => throw new ArgumentException($"No class is known for the family {family}.", nameof(family)),
    };

    private static IEnumerable<(string Name, object? Value)> CommonSettings(ModelConfig config)
    {
        bool isOlder = config.Family is "gpt2" or "gpt_neox" or "opt";
        bool rotates = config.RopeLayers?.Any(rotates => rotates) ?? true;
        yield return ("hidden_size", config.HiddenSize);
        yield return ("num_hidden_layers", config.LayerCount);
        yield return ("num_attention_heads", config.HeadCount);
        yield return ("num_key_value_heads", isOlder ? null : config.KvHeadCount);
        yield return ("head_dim", isOlder ? null : config.HeadSize);
        yield return ("intermediate_size", config.IntermediateSize);
        yield return ("vocab_size", config.VocabularySize);
        yield return ("max_position_embeddings", config.ContextLength);
        yield return (config.Norm == NormKind.Layer ? "layer_norm_eps" : "rms_norm_eps", config.NormEpsilon);
        yield return ("hidden_act", config.Activation switch
        {
            Activation.Silu => "silu",
            Activation.Gelu => "gelu",
            Activation.GeluTanh => config.Family == "gpt2" ? "gelu_new" : "gelu_pytorch_tanh",
            _ => "relu",
        });
        yield return ("tie_word_embeddings", config.TiedEmbeddings);
        yield return ("attention_bias", isOlder && config.Family != "gpt_neox" ? null : config.AttentionOutputBias);
        yield return ("rope_theta", rotates ? config.Rope.Theta : null);
        yield return ("partial_rotary_factor", rotates && (config.Rope.PartialFactor != 1 || config.Family is "gpt_neox" or "stablelm") ? config.Rope.PartialFactor : null);
    }

    private static IEnumerable<(string Name, object? Value)> FamilySettings(ModelConfig config) =>
        Windows(config).Concat(config.Family switch
        {
            "llama" => [("mlp_bias", config.MlpBias)],
            "smollm3" => [("mlp_bias", config.MlpBias), ("no_rope_layers", config.RopeLayers?.Select(rotates => rotates ? 1 : 0).ToArray())],
            "phi3" => [("original_max_position_embeddings", config.Rope.Scaling == RopeScaling.LongRope ? config.Rope.OriginalContextLength : null)],
            "qwen2_moe" => [("qkv_bias", config.QkvBias)],
            "gemma" => [("hidden_activation", "gelu_pytorch_tanh")],
            "gemma2" => Gemma(config),
            "gemma3_text" => Gemma(config).Append(("rope_local_base_freq", config.SlidingRope?.Theta)),
            "granite" =>
            [
                ("mlp_bias", config.MlpBias),
                ("embedding_multiplier", config.EmbeddingMultiplier),
                ("attention_multiplier", ScaleOf(config)),
                ("residual_multiplier", config.ResidualMultiplier),
                ("logits_scaling", 1 / config.LogitMultiplier),
            ],
            "olmoe" => [("clip_qkv", config.QkvClip)],
            "stablelm" => [("use_qkv_bias", config.QkvBias), ("use_parallel_residual", false), ("qk_layernorm", false)],
            "cohere" => [("logit_scale", config.LogitMultiplier), ("use_qk_norm", false)],
            "gpt2" => [("scale_attn_by_inverse_layer_idx", config.AttentionScaleByLayer), ("scale_attn_weights", config.AttentionScale is null)],
            "gpt_neox" => [("use_parallel_residual", config.ParallelBranches)],
            "opt" => [("do_layer_norm_before", true), ("word_embed_proj_dim", config.HiddenSize)],
            _ => Enumerable.Empty<(string, object?)>(),
        });

    private static IEnumerable<(string Name, object? Value)> Gemma(ModelConfig config) =>
    [
        ("hidden_activation", "gelu_pytorch_tanh"),
        ("query_pre_attn_scalar", 1 / ((double)ScaleOf(config) * ScaleOf(config))),
        ("attn_logit_softcapping", config.AttentionSoftCap ?? (object)s_none),
        ("final_logit_softcapping", config.LogitSoftCap ?? (object)s_none),
    ];

    private static IEnumerable<(string Name, object? Value)> ExpertSettings(ModelConfig config)
    {
        if (config.Experts is not { } experts)
        {
            yield break;
        }

        yield return (config.Family == "mixtral" ? "num_local_experts" : "num_experts", experts.Count);
        yield return ("num_experts_per_tok", experts.ChosenCount);
        yield return ("norm_topk_prob", experts.NormalizeWeights);
        if (config.Family is "qwen2_moe" or "qwen3_moe")
        {
            yield return ("moe_intermediate_size", experts.IntermediateSize);
            yield return ("shared_expert_intermediate_size", experts.SharedIntermediateSize);
            yield return ("decoder_sparse_step", 1);
            yield return ("mlp_only_layers", Enumerable.Range(0, config.LayerCount).Where(layer => !experts.InLayer(layer)).ToArray());
        }
    }

    /// <summary>One window for all layers that have one, and which these are.</summary>
    private static IEnumerable<(string Name, object? Value)> Windows(ModelConfig config)
    {
        if (config.SlidingWindows?.OfType<int>().Distinct().ToArray() is not [int window])
        {
            yield return ("sliding_window", config.Family is "mistral" or "gemma2" or "gemma3_text" ? s_none : null);
            yield break;
        }

        bool isAsked = config.Family is "qwen2" or "qwen3" or "qwen2_moe" or "qwen3_moe" or "smollm3";
        yield return ("use_sliding_window", isAsked ? true : null);
        yield return ("sliding_window", window);
        yield return ("layer_types", config.SlidingWindows.Select(window => window is null ? "full_attention" : "sliding_attention").ToArray());
    }

    private static float ScaleOf(ModelConfig config) => config.AttentionScale ?? (1 / MathF.Sqrt(config.HeadSize));
}
