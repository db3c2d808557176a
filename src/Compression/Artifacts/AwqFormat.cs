using System.Text.Json.Nodes;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Artifacts;

/// <summary>AutoAWQ's GEMM order: 4 bits, codes and zero points packed along the outputs, eight of them shuffled in a word.</summary>
internal sealed class AwqFormat : LinearFormat
{
    public override string Name => "awq";

    public override bool HoldsTables => false;

    // Nibbles 0…7 of a word, from the lowest, are these outputs.
    private static ReadOnlySpan<byte> OutputOfNibble => [0, 2, 4, 6, 1, 3, 5, 7];

    public override string? Refuse(CompressedLinear linear)
    {
        if (linear.Quantized is null)
        {
            return "the format holds codes, and the matrix has plain numbers.";
        }

        IntegerCodes codes = new(linear);
        return codes.Refuse()
            ?? (codes.Bits != 4 ? $"the format has 4 bits, and the codes have {codes.Bits}." : null)
            ?? (codes.GroupIndex is not null ? "its groups are no runs of columns." : null)
            ?? (codes.Rows % 8 != 0 ? $"its {codes.Rows} rows are no multiple of 8." : null)
            ?? (FloatTensors.IsHalf(codes.Scales) ? null : "its scales need more than half precision.")
            ?? PlainFormat.RefuseCorrection(linear);
    }

    public override IEnumerable<StoredTensor> Encode(CompressedLinear linear)
    {
        IntegerCodes codes = new(linear);
        string module = linear.Module;
        yield return Pack($"{module}.qweight", codes.Columns, codes.Rows, (column, row) => codes.Code(row, column));
        yield return Pack($"{module}.qzeros", codes.GroupCount, codes.Rows, (group, row) => codes.Zero(row, group));
        yield return FloatTensors.Encode($"{module}.scales", "F16", [codes.GroupCount, codes.Rows], GptqFormat.Transpose(codes));
    }

    public override JsonObject? Config(IReadOnlyList<LinearEncoding> encodings)
    {
        (int bits, int groupSize) = GptqFormat.OnlySetting(encodings, Name);
        return new JsonObject
        {
            ["quant_method"] = "awq",
            ["version"] = "gemm",
            ["bits"] = bits,
            ["group_size"] = groupSize,
            ["zero_point"] = true,
            ["modules_to_not_convert"] = null,
        };
    }

    private static StoredTensor Pack(string name, int lines, int outputs, Func<int, int, int> field)
    {
        int[] words = new int[lines * (outputs / 8)];
        for (int i = 0; i < words.Length; i++)
        {
            for (int nibble = 0; nibble < 8; nibble++)
            {
                words[i] |= field(i / (outputs / 8), (i % (outputs / 8) * 8) + OutputOfNibble[nibble]) << (4 * nibble);
            }
        }

        return FloatTensors.EncodeIntegers(name, [lines, outputs / 8], words);
    }
}
