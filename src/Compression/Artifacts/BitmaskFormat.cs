using System.Text.Json.Nodes;
using Sparrow.Compression.Pruning;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Artifacts;

/// <summary>compressed-tensors' sparse-bitmask: a bit a weight, and the kept values row by row.</summary>
internal sealed class BitmaskFormat : LinearFormat
{
    public const string FormatName = "sparse-bitmask";

    public override string Name => FormatName;

    public override string? Refuse(CompressedLinear linear) =>
        linear.Quantized is not null ? "the format holds plain numbers, and the matrix has codes."
        : linear.Columns % 2 != 0 ? $"its rows have an odd number of columns, {linear.Columns}."
        : PlainFormat.RefuseCorrection(linear);

    public override IEnumerable<StoredTensor> Encode(CompressedLinear linear)
    {
        float[] values = PlainFormat.ValuesOf(linear);
        List<float> kept = new(values.Length / 2);
        long[] offsets = new long[linear.Rows];
        PruneMask mask = MaskOf(linear, values);
        for (int row = 0; row < linear.Rows; row++)
        {
            offsets[row] = kept.Count;
            for (int column = 0; column < linear.Columns; column++)
            {
                if (mask.IsKept(row, column))
                {
                    kept.Add(values[(row * linear.Columns) + column]);
                }
            }
        }

        string module = linear.Module;
        yield return FloatTensors.Encode($"{module}.compressed", FloatTensors.TypeOfWeights(values), [kept.Count], System.Runtime.InteropServices.CollectionsMarshal.AsSpan(kept));
        yield return EncodeMask($"{module}.bitmask", mask);
        yield return FloatTensors.EncodeLongs($"{module}.row_offsets", [linear.Rows], offsets);
        yield return FloatTensors.EncodeLongs($"{module}.shape", [2], [linear.Rows, linear.Columns]);
    }

    public override JsonObject? Config(IReadOnlyList<LinearEncoding> encodings) => SparsityConfig(FormatName, "unstructured", "0:0");

    public static JsonObject SparsityConfig(string format, string structure, string pattern) => new()
    {
        ["quant_method"] = "compressed-tensors",
        ["format"] = "dense",
        ["sparsity_config"] = new JsonObject { ["format"] = format, ["sparsity_structure"] = structure, ["mask_structure"] = pattern },
    };

    /// <summary>The mask; without one, what is not zero is kept.</summary>
    public static PruneMask MaskOf(CompressedLinear linear, ReadOnlySpan<float> values)
    {
        if (linear.KeptMask is { } known)
        {
            return known;
        }

        PruneMask mask = new(linear.Rows, linear.Columns);
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] == 0)
            {
                mask.Set(i / linear.Columns, i % linear.Columns, kept: false);
            }
        }

        return mask;
    }

    /// <summary>Bit j of byte k is column 8k + j.</summary>
    public static StoredTensor EncodeMask(string name, PruneMask mask)
    {
        int rowBytes = (mask.Columns + 7) / 8;
        byte[] bytes = new byte[mask.Rows * rowBytes];
        for (int row = 0; row < mask.Rows; row++)
        {
            for (int column = 0; column < mask.Columns; column++)
            {
                bytes[(row * rowBytes) + (column / 8)] |= (byte)(mask.IsKept(row, column) ? 1 << (column % 8) : 0);
            }
        }

        return new StoredTensor(name, "U8", [mask.Rows, rowBytes], bytes);
    }
}
