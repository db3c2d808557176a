using System.Text.Json.Nodes;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Artifacts;

/// <summary>Plain numbers with zeros where weights were pruned: what every program reads, at full size.</summary>
internal sealed class PlainFormat : LinearFormat
{
    public const string FormatName = "plain";

    public override string Name => FormatName;

    // A correction could only be merged, which a caller must ask for.
    public override string? Refuse(CompressedLinear linear) => RefuseCorrection(linear);

    public static string? RefuseCorrection(CompressedLinear linear) =>
        linear.Correction is null ? null : "the format has no place for low-rank factors; merge them first.";

    public override IEnumerable<StoredTensor> Encode(CompressedLinear linear)
    {
        float[] values = ValuesOf(linear);
        yield return FloatTensors.Encode(linear.Name, FloatTensors.TypeOfWeights(values), [linear.Rows, linear.Columns], values);
    }

    public override JsonObject? Config(IReadOnlyList<LinearEncoding> encodings) => null;

    /// <summary>The weights as numbers, zero where pruned.</summary>
    public static float[] ValuesOf(CompressedLinear linear)
    {
        float[] values = linear.Quantized is { } codes ? codes.Dequantize() : linear.Values;
        if (values.Length != (long)linear.Rows * linear.Columns)
        {
            throw new ArgumentException($"{linear.Name} has {linear.Rows} × {linear.Columns} weights, not {values.Length}.", nameof(linear));
        }

        if (linear.KeptMask is { } mask)
        {
            values = [.. values];
            mask.Apply(values);
        }

        return values;
    }
}
