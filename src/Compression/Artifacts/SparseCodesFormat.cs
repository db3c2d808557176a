using System.Text.Json.Nodes;
using Sparrow.Compression.Pruning;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Artifacts;

/// <summary>
/// Our own: a bit a weight as in sparse-bitmask, and the codes of the kept ones, packed from the lowest bit up; every row begins at a byte. No
/// public format holds a mask and codes of any pattern.
/// </summary>
internal sealed class SparseCodesFormat : LinearFormat
{
    public const string FormatName = "sparse-codes";

    public override string Name => FormatName;

    public override string? Refuse(CompressedLinear linear)
    {
        if (linear.Quantized is null || linear.KeptMask is null)
        {
            return "the format holds codes under a mask, and the matrix has not both.";
        }

        IntegerCodes codes = new(linear);
        return codes.Refuse() ?? (codes.GroupIndex is not null ? "its groups are no runs of columns." : PlainFormat.RefuseCorrection(linear));
    }

    public override IEnumerable<StoredTensor> Encode(CompressedLinear linear)
    {
        IntegerCodes codes = new(linear);
        PruneMask mask = linear.KeptMask!;
        long[] offsets = new long[codes.Rows];
        long total = 0;
        for (int row = 0; row < codes.Rows; row++)
        {
            offsets[row] = total;
            total += ((long)(codes.Columns - mask.PrunedInRow(row)) * codes.Bits + 7) / 8;
        }

        byte[] packed = new byte[total];
        for (int row = 0; row < codes.Rows; row++)
        {
            long bit = offsets[row] * 8;
            for (int column = 0; column < codes.Columns; column++)
            {
                if (!mask.IsKept(row, column))
                {
                    continue;
                }

                // A field of 3 bits may reach into the next byte.
                int field = codes.Code(row, column) << (int)(bit % 8);
                packed[bit / 8] |= (byte)field;
                if (field > 255)
                {
                    packed[(bit / 8) + 1] |= (byte)(field >> 8);
                }

                bit += codes.Bits;
            }
        }

        string module = linear.Module;
        yield return new StoredTensor($"{module}.sparse_codes", "U8", [packed.Length], packed);
        yield return new StoredTensor($"{module}.code_bits", "U8", [1], [(byte)codes.Bits]);
        yield return BitmaskFormat.EncodeMask($"{module}.bitmask", mask);
        yield return FloatTensors.EncodeLongs($"{module}.row_offsets", [codes.Rows], offsets);
        yield return FloatTensors.Encode($"{module}.weight_scale", FloatTensors.TypeOfScales(codes.Scales), [codes.Rows, codes.GroupCount], codes.Scales);
        if (!codes.IsSymmetric)
        {
            byte[] zeros = new byte[codes.Rows * codes.GroupCount];
            for (int i = 0; i < zeros.Length; i++)
            {
                zeros[i] = (byte)codes.Zero(i / codes.GroupCount, i % codes.GroupCount);
            }

            yield return new StoredTensor($"{module}.weight_zero_point", "U8", [codes.Rows, codes.GroupCount], zeros);
        }
    }

    public override JsonObject? Config(IReadOnlyList<LinearEncoding> encodings) => NativeFormat.SparrowConfig(encodings);
}
