using System.Globalization;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Models.Layers;

namespace Sparrow.Compression.Pipeline;

/// <summary>Which tensors belong to a block, and which input its linears read.</summary>
internal static class BlockTensors
{
    /// <summary>The matrices of a block that may be compressed, in the order of the forward pass.</summary>
    public static IEnumerable<(string Name, int Rows, int Columns)> Linears(ModelConfig config, int layer) =>
        OfBlock(config, layer)
            .Where(tensor => tensor.Shape.Length == 2 && !IsRouter(tensor.Name))
            .Select(tensor => (tensor.Name, (int)tensor.Shape[0], (int)tensor.Shape[1]));

    /// <summary>Everything else in a block: norms, biases, routers.</summary>
    public static IEnumerable<(string Name, long[] Shape)> Others(ModelConfig config, int layer) =>
        OfBlock(config, layer).Where(tensor => tensor.Shape.Length != 2 || IsRouter(tensor.Name));

    /// <summary>What is outside the blocks: embedding, learned positions, final norm, head.</summary>
    public static IEnumerable<(string Name, long[] Shape)> Outside(ModelConfig config) =>
        ExpectedTensors.Of(config).Where(tensor => !tensor.Name.StartsWith("model.layers.", StringComparison.Ordinal));

    /// <summary>The length of a vector of the model; null where it has none of that name.</summary>
    public static int? VectorLength(ModelConfig config, string name) =>
        ExpectedTensors.Of(config).Where(tensor => tensor.Name == name && tensor.Shape.Length == 1).Select(tensor => (int?)tensor.Shape[0]).FirstOrDefault();

    /// <summary>The input that a linear reads, by its name without the block; null where there is none that calibration sees.</summary>
    public static string? InputOf(string name) => name switch
    {
        "self_attn.q_proj.weight" or "self_attn.k_proj.weight" or "self_attn.v_proj.weight" => NameOf(LinearInput.Attention, null),
        "self_attn.o_proj.weight" => NameOf(LinearInput.AttentionOutput, null),
        "mlp.gate_proj.weight" or "mlp.up_proj.weight" or "mlp.shared_expert.gate_proj.weight" or "mlp.shared_expert.up_proj.weight" => NameOf(LinearInput.Mlp, null),
        "mlp.down_proj.weight" or "mlp.shared_expert.down_proj.weight" => NameOf(LinearInput.Down, null),
        _ when name.Split('.') is ["mlp", "experts", var number, var linear, "weight"] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int expert) =>
            NameOf(linear == "down_proj" ? LinearInput.Down : LinearInput.Mlp, expert),
        _ => null,
    };

    /// <summary>The name of an input; each expert has its own, of the tokens that chose it.</summary>
    public static string NameOf(LinearInput input, int? expert)
    {
        string name = input switch
        {
            LinearInput.Attention => "attention",
            LinearInput.AttentionOutput => "attention_output",
            LinearInput.Mlp => "mlp",
            _ => "down",
        };
        return expert is null ? name : FormattableString.Invariant($"expert_{expert}.{name}");
    }

    private static IEnumerable<(string Name, long[] Shape)> OfBlock(ModelConfig config, int layer)
    {
        string prefix = $"model.layers.{layer}.";
        return ExpectedTensors.Of(config).Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal));
    }

    // A router chooses experts: a few hundred rows that cost nothing and decide much.
    private static bool IsRouter(string name) =>
        name.EndsWith(".mlp.gate.weight", StringComparison.Ordinal) || name.EndsWith(".mlp.shared_expert_gate.weight", StringComparison.Ordinal);
}
