using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>Matrices that some families store as one: which canonical ones they hold, in order.</summary>
internal static class FusedTensors
{
    // gpt2's module for these is a convolution of width 1, whose weights stand inputs first.
    private static readonly string[] s_transposed =
        [".self_attn.qkv_proj.weight", ".self_attn.o_proj.weight", ".mlp.up_proj.weight", ".mlp.down_proj.weight"];

    /// <summary>Whether a family stores the matrix with its inputs as rows.</summary>
    public static bool IsTransposed(ModelConfig config, string name) =>
        config.Family == "gpt2" && s_transposed.Any(end => name.EndsWith(end, StringComparison.Ordinal));

    /// <summary>Whether the parts stand together head by head, not one after the other.</summary>
    public static bool GoByHead(ModelConfig config) => config.Family == "gpt_neox";

    /// <summary>The parts by canonical name with their rows; empty for a tensor that is not fused.</summary>
    public static IReadOnlyList<(string Name, long Rows)> Parts(ModelConfig config, string name)
    {
        long queries = (long)config.HeadCount * config.HeadSize;
        long keys = (long)config.KvHeadCount * config.HeadSize;
        if (name.EndsWith(".self_attn.qkv_proj.weight", StringComparison.Ordinal) || name.EndsWith(".self_attn.qkv_proj.bias", StringComparison.Ordinal))
        {
            return
            [
                (name.Replace("qkv_proj", "q_proj", StringComparison.Ordinal), queries),
                (name.Replace("qkv_proj", "k_proj", StringComparison.Ordinal), keys),
                (name.Replace("qkv_proj", "v_proj", StringComparison.Ordinal), keys),
            ];
        }

        if (name.EndsWith(".mlp.gate_up_proj.weight", StringComparison.Ordinal))
        {
            return
            [
                (name.Replace("gate_up_proj", "gate_proj", StringComparison.Ordinal), config.IntermediateSize),
                (name.Replace("gate_up_proj", "up_proj", StringComparison.Ordinal), config.IntermediateSize),
            ];
        }

        return [];
    }
}
