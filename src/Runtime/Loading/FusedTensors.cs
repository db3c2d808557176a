using System.Globalization;
using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>Matrices that some families store as one: which canonical ones they hold, in order.</summary>
internal static class FusedTensors
{
    private const string GateAndUp = ".mlp.gate_up_proj.";
    private const string Experts = ".mlp.experts.";

    private static readonly string[] s_attentionParts = [".self_attn.q_proj.", ".self_attn.k_proj.", ".self_attn.v_proj."];

    // gpt2's module for these is a convolution of width 1, whose weights stand inputs first.
    private static readonly string[] s_transposed =
        [".self_attn.qkv_proj.weight", ".self_attn.o_proj.weight", ".mlp.up_proj.weight", ".mlp.down_proj.weight"];

    /// <summary>
    /// Whether a family's own files hold matrices in unions, transposed or in another order of rows, so that formats of single matrices cannot stand in
    /// for them: artifacts of such a family hold canonical tensors instead, and say so.
    /// </summary>
    public static bool IsOwnForm(ModelConfig config) => config.Family is "cohere" or "phi3" or "gpt2" or "gpt_neox";

    /// <summary>Whether a family stores the matrix with its inputs as rows.</summary>
    public static bool IsTransposed(ModelConfig config, string name) =>
        config.Family == "gpt2" && s_transposed.Any(end => name.EndsWith(end, StringComparison.Ordinal));

    /// <summary>Whether the parts stand together head by head, not one after the other.</summary>
    public static bool GoByHead(ModelConfig config) => config.Family == "gpt_neox";

    /// <summary>What the matrix or bias is called where the family stores it in union with others; its own name elsewhere.</summary>
    public static string Fused(ModelConfig config, string name)
    {
        if (config.Family is "phi3" or "gpt2" or "gpt_neox")
        {
            foreach (string part in s_attentionParts)
            {
                name = name.Replace(part, ".self_attn.qkv_proj.", StringComparison.Ordinal);
            }
        }

        return config.Family == "phi3"
            ? name.Replace(".mlp.gate_proj.", GateAndUp, StringComparison.Ordinal).Replace(".mlp.up_proj.", GateAndUp, StringComparison.Ordinal)
            : name;
    }

    /// <summary>What the matrix is called where all experts of a layer stand in one tensor: without the expert's number.</summary>
    public static string Stacked(string name)
    {
        int start = name.IndexOf(Experts, StringComparison.Ordinal);
        if (start < 0)
        {
            return name;
        }

        int number = start + Experts.Length;
        int end = name.IndexOf('.', number);
        return end > 0 && int.TryParse(name.AsSpan(number, end - number), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? name[..number] + name[(end + 1)..]
            : name;
    }

    /// <summary>The experts' matrices that a tensor of that name holds, in order; empty for any other.</summary>
    public static IReadOnlyList<string> ExpertsOf(ModelConfig config, string name)
    {
        int start = name.IndexOf(Experts, StringComparison.Ordinal);
        return start < 0 || config.Experts is not { } experts || char.IsAsciiDigit(name[start + Experts.Length])
            ? []
            : [.. Enumerable.Range(0, experts.Count).Select(expert => name.Insert(start + Experts.Length, $"{expert}."))];
    }

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
