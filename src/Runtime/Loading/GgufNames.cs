using System.Globalization;
using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>Tensor names of GGUF's llama and the Hugging Face names that the program uses.</summary>
internal static class GgufNames
{
    public const string RopeFrequencies = "rope_freqs.weight";

    private static readonly (string Gguf, string Canonical)[] s_global =
    [
        ("token_embd", "model.embed_tokens"),
        ("output_norm", "model.norm"),
        ("output", "lm_head"),
    ];

    private static readonly (string Gguf, string Canonical)[] s_layer =
    [
        ("attn_norm", "input_layernorm"),
        ("attn_q", "self_attn.q_proj"),
        ("attn_k", "self_attn.k_proj"),
        ("attn_v", "self_attn.v_proj"),
        ("attn_q_norm", "self_attn.q_norm"),
        ("attn_k_norm", "self_attn.k_norm"),
        ("attn_output", "self_attn.o_proj"),
        ("ffn_norm", "post_attention_layernorm"),
        ("ffn_gate", "mlp.gate_proj"),
        ("ffn_up", "mlp.up_proj"),
        ("ffn_down", "mlp.down_proj"),
    ];

    /// <summary>The canonical name; a name that is none of llama's stays what it is.</summary>
    public static string ToCanonical(string name) => Map(name, "blk.", "model.layers.", s_global, s_layer);

    public static string ToGguf(string name) => Map(
        name, "model.layers.", "blk.", [.. s_global.Select(Swap)], [.. s_layer.Select(Swap)]);

    /// <summary>The order in which a file of this family stores the rows of a tensor.</summary>
    public static RowOrder OrderOf(string canonicalName, ModelConfig config)
    {
        bool rotated = config.Family == "llama"
            && (canonicalName.Contains(".self_attn.q_proj.", StringComparison.Ordinal) || canonicalName.Contains(".self_attn.k_proj.", StringComparison.Ordinal));
        return rotated ? new RowOrder(config.HeadSize) : default;
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
