using System.Buffers.Binary;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>A K-quant whose blocks of 256 go into <see cref="KQuantMatrix"/> bit for bit.</summary>
internal abstract class KQuantCodec : TensorCodec
{
    public override int BlockValues => KQuantMatrix.BlockColumns;

    protected abstract int Bits { get; }

    protected virtual bool HasMinimum => true;

    /// <summary>Values that share a scale.</summary>
    protected virtual int GroupValues => 32;

    protected virtual int ZeroPoint => 0;

    public override WeightMatrix CreateMatrix(int rows, int columns) => new KQuantMatrix(rows, columns, Bits);

    public override void StoreRow(WeightMatrix matrix, int row, ReadOnlySpan<byte> stored)
    {
        Span<byte> codes = stackalloc byte[BlockValues];
        Span<byte> groups = stackalloc byte[2 * BlockValues / GroupValues];
        Span<byte> scales = groups[..(BlockValues / GroupValues)];
        Span<byte> minimums = HasMinimum ? groups[scales.Length..] : [];
        for (int block = 0; block < stored.Length / BlockBytes; block++)
        {
            ReadOnlySpan<byte> source = stored.Slice(block * BlockBytes, BlockBytes);
            UnpackCodes(source, codes);
            UnpackGroups(source, scales, minimums);
            ((KQuantMatrix)matrix).SetBlock(row, block, codes, ReadScale(source), scales, HasMinimum ? ReadMinimumScale(source) : (ushort)0, minimums);
        }
    }

    public override void Expand(ReadOnlySpan<byte> stored, Span<float> values)
    {
        Span<byte> codes = stackalloc byte[BlockValues];
        Span<byte> groups = stackalloc byte[2 * BlockValues / GroupValues];
        Span<byte> scales = groups[..(BlockValues / GroupValues)];
        Span<byte> minimums = HasMinimum ? groups[scales.Length..] : [];
        for (int block = 0; block < stored.Length / BlockBytes; block++)
        {
            ReadOnlySpan<byte> source = stored.Slice(block * BlockBytes, BlockBytes);
            UnpackCodes(source, codes);
            UnpackGroups(source, scales, minimums);
            float d = (float)BitConverter.UInt16BitsToHalf(ReadScale(source));
            float dMinimum = HasMinimum ? (float)BitConverter.UInt16BitsToHalf(ReadMinimumScale(source)) : 0;
            Span<float> target = values.Slice(block * BlockValues, BlockValues);
            for (int i = 0; i < codes.Length; i++)
            {
                // Unsigned scales have 6 bits, so that reading them as signed changes nothing.
                float value = d * (sbyte)scales[i / GroupValues] * (codes[i] - ZeroPoint);
                target[i] = HasMinimum ? value - (dMinimum * minimums[i / GroupValues]) : value;
            }
        }
    }

    public override int IndexOfNonFinite(ReadOnlySpan<byte> stored)
    {
        for (int block = 0; block < stored.Length / BlockBytes; block++)
        {
            ReadOnlySpan<byte> source = stored.Slice(block * BlockBytes, BlockBytes);
            if (NonFinite.IsF16(ReadScale(source)) || (HasMinimum && NonFinite.IsF16(ReadMinimumScale(source))))
            {
                return block * BlockValues;
            }
        }

        return -1;
    }

    /// <summary>Half-precision bits of d.</summary>
    protected virtual ushort ReadScale(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt16LittleEndian(block);

    /// <summary>Half-precision bits of dmin.</summary>
    protected virtual ushort ReadMinimumScale(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);

    /// <summary>Spreads the scales and minimums of the groups, one a byte: by default those of Q4_K and Q5_K.</summary>
    protected virtual void UnpackGroups(ReadOnlySpan<byte> block, Span<byte> scales, Span<byte> minimums)
    {
        ReadOnlySpan<byte> packed = block.Slice(4, 12);
        for (int group = 0; group < scales.Length; group++)
        {
            scales[group] = (byte)KScales.Scale(packed, group);
            minimums[group] = (byte)KScales.Minimum(packed, group);
        }
    }

    /// <summary>Spreads the codes of a block, one a byte, in order of columns.</summary>
    protected abstract void UnpackCodes(ReadOnlySpan<byte> block, Span<byte> codes);

    /// <summary>128 bytes of two nibbles: of each 32 bytes the low ones are 32 codes, the high ones the next 32.</summary>
    protected static void UnpackNibbles(ReadOnlySpan<byte> packed, Span<byte> codes)
    {
        for (int i = 0; i < 128; i++)
        {
            int target = (i / 32 * 64) + (i % 32);
            codes[target] = (byte)(packed[i] & 15);
            codes[target + 32] = (byte)(packed[i] >> 4);
        }
    }
}
