using System.Text.Json.Nodes;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Artifacts;

/// <summary>compressed-tensors' formats, for each matrix the one that holds it: packed codes, a bit mask with kept numbers, or plain numbers.</summary>
internal sealed class CompressedTensorsFormat : LinearFormat
{
    private static readonly PlainFormat s_plain = new();
    private static readonly BitmaskFormat s_bitmask = new();
    private static readonly PackedFormat s_packed = new();

    public override string Name => "compressed-tensors";

    public override string? Refuse(CompressedLinear linear) => Choose(linear).Refuse(linear);

    public override LinearFormat Choose(CompressedLinear linear) =>
        linear.Quantized is not null ? s_packed
        : linear.KeptMask is not null && linear.Columns % 2 == 0 ? s_bitmask
        : s_plain;

    public override IEnumerable<StoredTensor> Encode(CompressedLinear linear) => Choose(linear).Encode(linear);

    // Layers of codes are named group by group; what is sparse beside them is one setting more.
    public override JsonObject? Config(IReadOnlyList<LinearEncoding> encodings)
    {
        JsonObject? codes = s_packed.Config([.. encodings.Where(encoding => encoding.Format == PackedFormat.FormatName)]);
        if (encodings.All(encoding => encoding.Format != BitmaskFormat.FormatName))
        {
            return codes;
        }

        JsonObject sparse = s_bitmask.Config(encodings)!;
        if (codes is null)
        {
            return sparse;
        }

        codes["sparsity_config"] = sparse["sparsity_config"]!.DeepClone();
        return codes;
    }
}
