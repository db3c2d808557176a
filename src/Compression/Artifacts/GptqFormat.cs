using System.Text.Json.Nodes;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Artifacts;

/// <summary>AutoGPTQ's and gptqmodel's: codes packed along the inputs, zero points along the outputs; the first version stores them less one.</summary>
internal sealed class GptqFormat(string name, bool plainZeroPoints) : LinearFormat
{
    public override string Name => name;

    public override bool HoldsTables => false;

    public override string? Refuse(CompressedLinear linear)
    {
        if (linear.Quantized is null)
        {
            return "the format holds codes, and the matrix has plain numbers.";
        }

        IntegerCodes codes = new(linear);
        return codes.Refuse()
            ?? (codes.Columns % 32 != 0 || codes.Rows % 32 != 0 ? $"rows and columns must be multiples of 32, and it is {codes.Rows} × {codes.Columns}." : null)
            ?? (FloatTensors.IsHalf(codes.Scales) ? null : "its scales need more than half precision.")
            ?? PlainFormat.RefuseCorrection(linear);
    }

    public override IEnumerable<StoredTensor> Encode(CompressedLinear linear)
    {
        IntegerCodes codes = new(linear);
        string module = linear.Module;
        int height = BitStream.WordCount(codes.Columns, codes.Bits);
        int[] words = new int[height * codes.Rows];
        for (int row = 0; row < codes.Rows; row++)
        {
            for (int column = 0; column < codes.Columns; column++)
            {
                BitStream.Write(words, row, codes.Rows, column, codes.Bits, codes.Code(row, column));
            }
        }

        yield return FloatTensors.EncodeIntegers($"{module}.qweight", [height, codes.Rows], words);
        yield return EncodeZeros($"{module}.qzeros", codes);
        yield return FloatTensors.Encode($"{module}.scales", "F16", [codes.GroupCount, codes.Rows], Transpose(codes));
        int[] groups = [.. Enumerable.Range(0, codes.Columns).Select(codes.GroupOf)];
        yield return FloatTensors.EncodeIntegers($"{module}.g_idx", [codes.Columns], groups);
    }

    public override JsonObject? Config(IReadOnlyList<LinearEncoding> encodings)
    {
        (int bits, int groupSize) = OnlySetting(encodings, Name);
        return new JsonObject
        {
            ["quant_method"] = "gptq",
            ["bits"] = bits,
            ["group_size"] = groupSize,
            ["sym"] = encodings.All(encoding => encoding.Bits == 0 || encoding.Symmetric),
            ["desc_act"] = encodings.Any(encoding => encoding.ActivationOrder),
            ["lm_head"] = false,
            ["checkpoint_format"] = plainZeroPoints ? "gptq_v2" : "gptq",
        };
    }

    /// <summary>Bits and group size where all matrices share them, as formats with one setting a folder demand.</summary>
    public static (int Bits, int GroupSize) OnlySetting(IReadOnlyList<LinearEncoding> encodings, string format)
    {
        (int Bits, int GroupSize)[] settings = [.. encodings.Where(encoding => encoding.Bits > 0).Select(encoding => (encoding.Bits, encoding.GroupSize)).Distinct()];
        return settings is [var only] ? only : throw new ArgumentException(
            $"A {format} folder has one number of bits and one group size, and the matrices have {settings.Length} kinds: "
            + string.Join(", ", settings.Select(setting => $"{setting.Bits} bits in groups of {setting.GroupSize}")) + ".");
    }

    /// <summary>Scales by group and output.</summary>
    public static float[] Transpose(IntegerCodes codes)
    {
        float[] scales = new float[codes.Scales.Length];
        for (int i = 0; i < scales.Length; i++)
        {
            scales[(i % codes.GroupCount * codes.Rows) + (i / codes.GroupCount)] = codes.Scales[i];
        }

        return scales;
    }

    private StoredTensor EncodeZeros(string tensor, IntegerCodes codes)
    {
        int width = BitStream.WordCount(codes.Rows, codes.Bits);
        int[] words = new int[codes.GroupCount * width];
        bool byField = plainZeroPoints || codes.Bits == 3;
        int less = plainZeroPoints ? 0 : 1;
        for (int group = 0; group < codes.GroupCount; group++)
        {
            for (int row = 0; row < codes.Rows; row++)
            {
                int zero = byField ? (codes.Zero(row, group) - less) & ((1 << codes.Bits) - 1) : codes.Zero(row, group);
                BitStream.Write(words, group * width, 1, row, codes.Bits, zero);
            }
        }

        if (!byField)
        {
            // The other writers take one from each field by subtracting from whole words, borrows and all; readers add the same constant.
            int ones = codes.Bits switch { 2 => 0x5555_5555, 4 => 0x1111_1111, _ => 0x0101_0101 };
            for (int i = 0; i < words.Length; i++)
            {
                words[i] = unchecked(words[i] - ones);
            }
        }

        return FloatTensors.EncodeIntegers(tensor, [codes.GroupCount, width], words);
    }
}
