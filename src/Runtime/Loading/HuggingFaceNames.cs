using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>Families that call llama's tensors otherwise: their names and the canonical ones.</summary>
internal static class HuggingFaceNames
{
    // Stands before the name, so that a pattern can ask for the beginning.
    private const string Start = "^";

    private static readonly (string Stored, string Canonical)[] s_none = [];

    private static readonly (string Stored, string Canonical)[] s_mixtral =
    [
        (".block_sparse_moe.", ".mlp."),
        (".w1.", ".gate_proj."),
        (".w2.", ".down_proj."),
        (".w3.", ".up_proj."),
    ];

    // The official file has no prefix, those saved later do.
    private static readonly (string Stored, string Canonical)[] s_gpt2 =
    [
        ("^transformer.", "^"),
        ("^wte.", "^model.embed_tokens."),
        ("^wpe.", "^model.embed_positions."),
        ("^ln_f.", "^model.norm."),
        ("^h.", "^model.layers."),
        (".ln_1.", ".input_layernorm."),
        (".ln_2.", ".post_attention_layernorm."),
        (".attn.c_attn.", ".self_attn.qkv_proj."),
        (".attn.c_proj.", ".self_attn.o_proj."),
        (".mlp.c_fc.", ".mlp.up_proj."),
        (".mlp.c_proj.", ".mlp.down_proj."),
    ];

    private static readonly (string Stored, string Canonical)[] s_gptNeoX =
    [
        ("^gpt_neox.embed_in.", "^model.embed_tokens."),
        ("^gpt_neox.final_layer_norm.", "^model.norm."),
        ("^gpt_neox.layers.", "^model.layers."),
        ("^embed_out.", "^lm_head."),
        (".attention.query_key_value.", ".self_attn.qkv_proj."),
        (".attention.dense.", ".self_attn.o_proj."),
        (".mlp.dense_h_to_4h.", ".mlp.up_proj."),
        (".mlp.dense_4h_to_h.", ".mlp.down_proj."),
    ];

    private static readonly (string Stored, string Canonical)[] s_opt =
    [
        ("^model.decoder.", "^model."),
        ("^model.final_layer_norm.", "^model.norm."),
        (".self_attn_layer_norm.", ".input_layernorm."),
        (".final_layer_norm.", ".post_attention_layernorm."),
        (".out_proj.", ".o_proj."),
        (".fc1.", ".mlp.up_proj."),
        (".fc2.", ".mlp.down_proj."),
    ];

    /// <summary>The canonical name; a name that the table does not touch stays what it is.</summary>
    public static string ToCanonical(string family, string name)
    {
        name = Start + name;
        foreach ((string stored, string canonical) in Table(family))
        {
            name = name.Replace(stored, canonical, StringComparison.Ordinal);
        }

        return name[1..];
    }

    /// <summary>What a file of the family calls a tensor, for messages.</summary>
    public static string ToStored(string family, string name)
    {
        name = Start + name;
        foreach ((string stored, string canonical) in Table(family).Reverse())
        {
            // Where a prefix is optional the shorter form is named.
            name = canonical == Start ? name : name.Replace(canonical, stored, StringComparison.Ordinal);
        }

        return name[1..];
    }

    /// <summary>The order in which a file of the family stores the rows of a tensor: cohere turns neighbours where the others turn halves.</summary>
    public static RowOrder OrderOf(ModelConfig config, string canonicalName) =>
        config.Family == "cohere" && (canonicalName.Contains("self_attn.q_proj.", StringComparison.Ordinal) || canonicalName.Contains("self_attn.k_proj.", StringComparison.Ordinal))
            ? new RowOrder(config.HeadSize)
            : default;

    private static (string Stored, string Canonical)[] Table(string family) => family switch
    {
        "mixtral" => s_mixtral,
        "gpt2" => s_gpt2,
        "gpt_neox" => s_gptNeoX,
        "opt" => s_opt,
        _ => s_none,
    };
}
