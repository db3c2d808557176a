using System.Text.Json.Nodes;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Artifacts;

/// <summary>compressed-tensors' pack-quantized: codes of 2 to 8 bits packed along the inputs, zero points along the outputs.</summary>
internal sealed class PackedFormat : LinearFormat
{
    public const string FormatName = "pack-quantized";

    public override string Name => FormatName;

    public override string? Refuse(CompressedLinear linear) =>
        linear.Quantized is null ? "the format holds codes, and the matrix has plain numbers."
        : new IntegerCodes(linear).Refuse() ?? PlainFormat.RefuseCorrection(linear);

    public override IEnumerable<StoredTensor> Encode(CompressedLinear linear)
    {
        IntegerCodes codes = new(linear);
        string module = linear.Module;
        int width = BitStream.WordCount(codes.Columns, codes.Bits);
        int[] words = new int[codes.Rows * width];
        for (int row = 0; row < codes.Rows; row++)
        {
            for (int column = 0; column < codes.Columns; column++)
            {
                BitStream.Write(words, row * width, 1, column, codes.Bits, codes.Code(row, column));
            }
        }

        yield return FloatTensors.EncodeIntegers($"{module}.weight_packed", [codes.Rows, width], words);
        yield return FloatTensors.Encode($"{module}.weight_scale", FloatTensors.TypeOfScales(codes.Scales), [codes.Rows, codes.GroupCount], codes.Scales);
        yield return FloatTensors.EncodeLongs($"{module}.weight_shape", [2], [codes.Rows, codes.Columns]);
        if (!codes.IsSymmetric)
        {
            int height = BitStream.WordCount(codes.Rows, codes.Bits);
            int[] zeros = new int[height * codes.GroupCount];
            for (int row = 0; row < codes.Rows; row++)
            {
                for (int group = 0; group < codes.GroupCount; group++)
                {
                    BitStream.Write(zeros, group, codes.GroupCount, row, codes.Bits, codes.Zero(row, group));
                }
            }

            yield return FloatTensors.EncodeIntegers($"{module}.weight_zero_point", [height, codes.GroupCount], zeros);
        }

        if (codes.GroupIndex is { } groups)
        {
            yield return FloatTensors.EncodeIntegers($"{module}.weight_g_idx", [codes.Columns], groups);
        }
    }

    public override JsonObject? Config(IReadOnlyList<LinearEncoding> encodings) => CompressedTensorsConfig.Of(FormatName, encodings);
}
