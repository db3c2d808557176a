using System.Buffers;
using System.Runtime.Intrinsics;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>A format whose blocks are unsigned codes with one half-precision scale, and maybe a minimum: the grouped-integer layout bit for bit.</summary>
internal abstract class GroupedCodec : TensorCodec
{
    protected abstract int Bits { get; }

    protected abstract int ZeroPoint { get; }

    protected abstract bool HasMinimum { get; }

    /// <summary>Values that share a scale; a block may hold several groups.</summary>
    protected virtual int GroupValues => BlockValues;

    public override WeightMatrix CreateMatrix(int rows, int columns) =>
        new GroupedIntegerMatrix(rows, columns, Bits, GroupValues, ZeroPoint, HasMinimum);

    public override void StoreRow(WeightMatrix matrix, int row, ReadOnlySpan<byte> stored)
    {
        int blocks = stored.Length / BlockBytes;
        int perBlock = BlockValues / GroupValues;
        int count = blocks * perBlock;
        byte[] codes = ArrayPool<byte>.Shared.Rent(blocks * BlockValues);
        ushort[] groups = ArrayPool<ushort>.Shared.Rent(2 * count);
        try
        {
            Span<byte> rowCodes = codes.AsSpan(0, blocks * BlockValues);
            Span<ushort> scales = groups.AsSpan(0, count);
            Span<ushort> minimums = groups.AsSpan(count, HasMinimum ? count : 0);
            for (int block = 0; block < blocks; block++)
            {
                ReadOnlySpan<byte> source = stored.Slice(block * BlockBytes, BlockBytes);
                for (int group = 0; group < perBlock; group++)
                {
                    scales[(block * perBlock) + group] = ReadScale(source, group);
                }

                if (HasMinimum)
                {
                    minimums[block] = ReadMinimum(source);
                }

                UnpackCodes(source, rowCodes.Slice(block * BlockValues, BlockValues));
            }

            ((GroupedIntegerMatrix)matrix).SetRow(row, rowCodes, scales, minimums);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(codes);
            ArrayPool<ushort>.Shared.Return(groups);
        }
    }

    public override void Expand(ReadOnlySpan<byte> stored, Span<float> values)
    {
        Span<byte> codes = stackalloc byte[BlockValues];
        for (int block = 0; block < stored.Length / BlockBytes; block++)
        {
            ReadOnlySpan<byte> source = stored.Slice(block * BlockBytes, BlockBytes);
            float minimum = HasMinimum ? (float)BitConverter.UInt16BitsToHalf(ReadMinimum(source)) : 0;
            UnpackCodes(source, codes);
            Span<float> target = values.Slice(block * BlockValues, BlockValues);
            for (int i = 0; i < codes.Length; i++)
            {
                float scale = (float)BitConverter.UInt16BitsToHalf(ReadScale(source, i / GroupValues));
                float value = scale * (codes[i] - ZeroPoint);
                target[i] = HasMinimum ? value + minimum : value;
            }
        }
    }

    public override int IndexOfNonFinite(ReadOnlySpan<byte> stored)
    {
        for (int block = 0; block < stored.Length / BlockBytes; block++)
        {
            ReadOnlySpan<byte> source = stored.Slice(block * BlockBytes, BlockBytes);
            for (int group = 0; group < BlockValues / GroupValues; group++)
            {
                if (NonFinite.IsF16(ReadScale(source, group)))
                {
                    return (block * BlockValues) + (group * GroupValues);
                }
            }

            if (HasMinimum && NonFinite.IsF16(ReadMinimum(source)))
            {
                return block * BlockValues;
            }
        }

        return -1;
    }

    /// <summary>The half-precision scale of a group.</summary>
    protected abstract ushort ReadScale(ReadOnlySpan<byte> block, int group);

    /// <summary>The half-precision minimum; formats that have one have a group a block.</summary>
    protected virtual ushort ReadMinimum(ReadOnlySpan<byte> block) => 0;

    /// <summary>Spreads the codes of a block, one a byte, in order of columns.</summary>
    protected abstract void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes);

    /// <summary>Sixteen bytes of two nibbles: the low ones are the first sixteen codes, the high ones the next.</summary>
    protected static void UnpackNibbles(ReadOnlySpan<byte> packed, Span<byte> codes)
    {
        Vector128<byte> pairs = Vector128.Create(packed[..16]);
        (pairs & Vector128.Create((byte)15)).CopyTo(codes);
        (pairs >>> 4).CopyTo(codes[16..]);
    }

    /// <summary>The inverse of <see cref="UnpackNibbles"/>.</summary>
    protected static void PackNibbles(ReadOnlySpan<byte> codes, Span<byte> packed)
    {
        for (int i = 0; i < 16; i++)
        {
            packed[i] = (byte)(codes[i] | (codes[i + 16] << 4));
        }
    }
}
