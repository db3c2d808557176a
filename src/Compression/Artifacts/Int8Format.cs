using System.Text.Json.Nodes;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Artifacts;

/// <summary>compressed-tensors' int-quantized (naive-quantized where there are zero points): signed bytes with a scale a row or group.</summary>
internal sealed class Int8Format : LinearFormat
{
    public const string FormatName = "int-quantized";

    public override string Name => FormatName;

    public override string? Refuse(CompressedLinear linear)
    {
        if (linear.Quantized is null)
        {
            return "the format holds codes, and the matrix has plain numbers.";
        }

        IntegerCodes codes = new(linear);
        return codes.Refuse()
            ?? (codes.GroupIndex is not null ? "its groups are no runs of columns." : null)
            ?? PlainFormat.RefuseCorrection(linear);
    }

    public override IEnumerable<StoredTensor> Encode(CompressedLinear linear)
    {
        IntegerCodes codes = new(linear);
        int half = 1 << (codes.Bits - 1);
        byte[] signed = new byte[codes.Rows * codes.Columns];
        for (int i = 0; i < signed.Length; i++)
        {
            signed[i] = (byte)(codes.Code(i / codes.Columns, i % codes.Columns) - half);
        }

        yield return new StoredTensor(linear.Name, "I8", [codes.Rows, codes.Columns], signed);
        yield return FloatTensors.Encode($"{linear.Module}.weight_scale", FloatTensors.TypeOfScales(codes.Scales), [codes.Rows, codes.GroupCount], codes.Scales);
        if (!codes.IsSymmetric)
        {
            byte[] zeros = new byte[codes.Rows * codes.GroupCount];
            for (int i = 0; i < zeros.Length; i++)
            {
                zeros[i] = (byte)(codes.Zero(i / codes.GroupCount, i % codes.GroupCount) - half);
            }

            yield return new StoredTensor($"{linear.Module}.weight_zero_point", "I8", [codes.Rows, codes.GroupCount], zeros);
        }
    }

    public override JsonObject? Config(IReadOnlyList<LinearEncoding> encodings) =>
        CompressedTensorsConfig.Of(encodings.All(encoding => encoding.Bits == 0 || encoding.Symmetric) ? FormatName : "naive-quantized", encodings);
}
