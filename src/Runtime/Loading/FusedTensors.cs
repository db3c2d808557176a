using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>Matrices that some families store as one: which canonical ones they hold, in order.</summary>
internal static class FusedTensors
{
    /// <summary>The parts by canonical name with their rows; empty for a tensor that is not fused.</summary>
    public static IReadOnlyList<(string Name, long Rows)> Parts(ModelConfig config, string name)
    {
        long queries = (long)config.HeadCount * config.HeadSize;
        long keys = (long)config.KvHeadCount * config.HeadSize;
        if (name.EndsWith(".self_attn.qkv_proj.weight", StringComparison.Ordinal))
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
