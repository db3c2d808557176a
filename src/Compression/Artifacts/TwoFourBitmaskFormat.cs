using System.Text.Json.Nodes;
using Sparrow.Compression.Pruning;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Artifacts;

/// <summary>compressed-tensors' sparse-24-bitmask: exactly two of four neighbours are stored, so rows need no offsets.</summary>
internal sealed class TwoFourBitmaskFormat : LinearFormat
{
    public override string Name => "sparse-24-bitmask";

    public override string? Refuse(CompressedLinear linear)
    {
        if (linear.Quantized is not null)
        {
            return "the format holds plain numbers, and the matrix has codes.";
        }

        if (linear.Columns % 4 != 0)
        {
            return $"its {linear.Columns} columns are no multiple of 4.";
        }

        PruneMask mask = BitmaskFormat.MaskOf(linear, linear.Values);
        for (int row = 0; row < linear.Rows; row++)
        {
            for (int column = 0; column < linear.Columns; column += 4)
            {
                if (KeptOfFour(mask, row, column) > 2)
                {
                    return $"row {row} keeps more than two of the four weights from column {column}.";
                }
            }
        }

        return PlainFormat.RefuseCorrection(linear);
    }

    public override IEnumerable<StoredTensor> Encode(CompressedLinear linear)
    {
        float[] values = PlainFormat.ValuesOf(linear);
        PruneMask mask = BitmaskFormat.MaskOf(linear, values).Clone();
        float[] kept = new float[values.Length / 2];
        int next = 0;
        for (int row = 0; row < linear.Rows; row++)
        {
            for (int column = 0; column < linear.Columns; column += 4)
            {
                // The format has two values for every four weights: where fewer are kept, zeros are stored.
                for (int i = 0, missing = 2 - KeptOfFour(mask, row, column); missing > 0; i++)
                {
                    if (!mask.IsKept(row, column + i))
                    {
                        mask.Set(row, column + i, kept: true);
                        missing--;
                    }
                }

                for (int i = column; i < column + 4; i++)
                {
                    if (mask.IsKept(row, i))
                    {
                        kept[next++] = values[(row * linear.Columns) + i];
                    }
                }
            }
        }

        string module = linear.Module;
        yield return FloatTensors.Encode($"{module}.compressed", FloatTensors.TypeOfWeights(values), [linear.Rows, linear.Columns / 2], kept);
        yield return BitmaskFormat.EncodeMask($"{module}.bitmask", mask);
        yield return FloatTensors.EncodeLongs($"{module}.shape", [2, 1], [linear.Rows, linear.Columns]);
    }

    public override JsonObject? Config(IReadOnlyList<LinearEncoding> encodings) => BitmaskFormat.SparsityConfig(Name, "2:4", "2:4");

    private static int KeptOfFour(PruneMask mask, int row, int column)
    {
        int kept = 0;
        for (int i = 0; i < 4; i++)
        {
            kept += mask.IsKept(row, column + i) ? 1 : 0;
        }

        return kept;
    }
}
