using System.Globalization;
using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>GGUF's tensor names and the Hugging Face names that the program uses, for a model of some shape.</summary>
internal sealed class GgufNames
{
    public const string RopeFrequencies = "rope_freqs.weight";
    public const string RopeShort = "rope_factors_short.weight";
    public const string RopeLong = "rope_factors_long.weight";

    private static readonly (string Gguf, string Canonical)[] s_global =
    [
        ("token_embd", "model.embed_tokens"),
        ("position_embd", "model.embed_positions"),
        ("output_norm", "model.norm"),
        ("output", "lm_head"),
    ];

    private static readonly (string Gguf, string Canonical)[] s_layer =
    [
        ("attn_qkv", "self_attn.qkv_proj"),
        ("attn_q", "self_attn.q_proj"),
        ("attn_k", "self_attn.k_proj"),
        ("attn_v", "self_attn.v_proj"),
        ("attn_q_norm", "self_attn.q_norm"),
        ("attn_k_norm", "self_attn.k_norm"),
        ("attn_output", "self_attn.o_proj"),
        ("ffn_gate", "mlp.gate_proj"),
        ("ffn_up", "mlp.up_proj"),
        ("ffn_down", "mlp.down_proj"),
        ("ffn_gate_inp", "mlp.gate"),
        ("ffn_gate_exps", "mlp.experts.gate_proj"),
        ("ffn_up_exps", "mlp.experts.up_proj"),
        ("ffn_down_exps", "mlp.experts.down_proj"),
        ("ffn_gate_inp_shexp", "mlp.shared_expert_gate"),
        ("ffn_gate_shexp", "mlp.shared_expert.gate_proj"),
        ("ffn_up_shexp", "mlp.shared_expert.up_proj"),
        ("ffn_down_shexp", "mlp.shared_expert.down_proj"),
    ];

    private readonly ModelConfig _config;
    private readonly (string Gguf, string Canonical)[] _layer;

    public GgufNames(ModelConfig config)
    {
        _config = config;
        BlockNormNames norms = BlockNormNames.Of(config);

        // An empty name is none that a tensor has.
        _layer =
        [
            ("attn_norm", norms.Attention ?? ""),
            ("post_attention_norm", norms.AttentionOutput ?? ""),
            ("ffn_norm", norms.Mlp ?? ""),
            ("post_ffw_norm", norms.MlpOutput ?? ""),
            .. s_layer,
        ];
        if (config.Family == "phi3")
        {
            // The one family whose gate stands in the same matrix.
            _layer[Array.FindIndex(_layer, pair => pair.Gguf == "ffn_up")] = ("ffn_up", "mlp.gate_up_proj");
        }
    }

    /// <summary>The canonical name; a name that is none of a decoder's stays what it is.</summary>
    public string ToCanonical(string name) => Map(name, "blk.", "model.layers.", s_global, _layer);

    public string ToGguf(string name) => Map(name, "model.layers.", "blk.", [.. s_global.Select(Swap)], [.. _layer.Select(Swap)]);

    /// <summary>The order in which a file of this family stores the rows of a tensor.</summary>
    public RowOrder OrderOf(string canonicalName)
    {
        bool rotated = canonicalName.Contains(".self_attn.q_proj.", StringComparison.Ordinal) || canonicalName.Contains(".self_attn.k_proj.", StringComparison.Ordinal);
        return rotated && GgufArchitecture.InterleavesHalves(_config.Family) ? new RowOrder(_config.HeadSize) : default;
    }

    private static (string Gguf, string Canonical) Swap((string Gguf, string Canonical) pair) => (pair.Canonical, pair.Gguf);

    private static string Map(
        string name, string prefix, string newPrefix, (string From, string To)[] global, (string From, string To)[] layer)
    {
        int suffixStart = name.LastIndexOf('.');
        if (suffixStart < 0)
        {
            return name;
        }

        string suffix = name[suffixStart..];
        string stem = name[..suffixStart];
        string number = "";
        (string From, string To)[] table = global;
        if (stem.StartsWith(prefix, StringComparison.Ordinal))
        {
            int end = stem.IndexOf('.', prefix.Length);
            if (end < 0 || !int.TryParse(stem.AsSpan(prefix.Length, end - prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int index))
            {
                return name;
            }

            number = $"{newPrefix}{index}.";
            stem = stem[(end + 1)..];
            table = layer;
        }

        foreach ((string from, string to) in table)
        {
            if (stem == from)
            {
                return number + to + suffix;
            }
        }

        return name;
    }
}
