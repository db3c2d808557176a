using System.Buffers;
using System.Runtime.InteropServices;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>
/// A format whose blocks take at most sixteen different whole numbers, times a scale of a group, plus maybe a minimum: the table layout without
/// loss. The products of scales and numbers fit single precision without rounding, so their order does not matter.
/// </summary>
internal abstract class TableCodec : TensorCodec
{
    private readonly float[] _table = new float[16];
    private readonly byte[] _codes = new byte[256];
    private readonly float _largest;

    /// <param name="numbers">The numbers that occur, at most sixteen.</param>
    protected TableCodec(params ReadOnlySpan<sbyte> numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            _table[i] = numbers[i];
            _codes[(byte)numbers[i]] = (byte)i;
            _largest = MathF.Max(_largest, MathF.Abs(numbers[i]));
        }
    }

    public override int BlockValues => 256;

    /// <summary>Values that share a scale.</summary>
    protected abstract int GroupValues { get; }

    protected virtual bool HasMinimum => false;

    public override WeightMatrix CreateMatrix(int rows, int columns) => new TableMatrix(rows, columns, GroupValues, _table, HasMinimum);

    public override void StoreRow(WeightMatrix matrix, int row, ReadOnlySpan<byte> stored)
    {
        int groups = matrix.Columns / GroupValues;
        byte[] codes = ArrayPool<byte>.Shared.Rent(matrix.Columns);
        float[] scales = ArrayPool<float>.Shared.Rent(2 * groups);
        try
        {
            Span<byte> rowCodes = codes.AsSpan(0, matrix.Columns);
            Span<float> minimums = scales.AsSpan(groups, HasMinimum ? groups : 0);
            UnpackBlocks(stored, MemoryMarshal.Cast<byte, sbyte>(rowCodes), scales.AsSpan(0, groups), minimums);
            for (int column = 0; column < rowCodes.Length; column++)
            {
                rowCodes[column] = _codes[rowCodes[column]];
            }

            ((TableMatrix)matrix).SetRow(row, rowCodes, scales.AsSpan(0, groups), minimums);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(codes);
            ArrayPool<float>.Shared.Return(scales);
        }
    }

    public override void Expand(ReadOnlySpan<byte> stored, Span<float> values)
    {
        Span<sbyte> numbers = stackalloc sbyte[BlockValues];
        Span<float> groups = stackalloc float[2 * BlockValues / GroupValues];
        Span<float> scales = groups[..(BlockValues / GroupValues)];
        Span<float> minimums = HasMinimum ? groups[scales.Length..] : [];
        for (int block = 0; block < stored.Length / BlockBytes; block++)
        {
            UnpackBlocks(stored.Slice(block * BlockBytes, BlockBytes), numbers, scales, minimums);
            Span<float> target = values.Slice(block * BlockValues, BlockValues);
            for (int i = 0; i < target.Length; i++)
            {
                float value = scales[i / GroupValues] * numbers[i];
                target[i] = HasMinimum ? value + minimums[i / GroupValues] : value;
            }
        }
    }

    public override int IndexOfNonFinite(ReadOnlySpan<byte> stored)
    {
        Span<sbyte> numbers = stackalloc sbyte[BlockValues];
        Span<float> groups = stackalloc float[2 * BlockValues / GroupValues];
        Span<float> scales = groups[..(BlockValues / GroupValues)];
        Span<float> minimums = HasMinimum ? groups[scales.Length..] : [];
        for (int block = 0; block < stored.Length / BlockBytes; block++)
        {
            UnpackBlocks(stored.Slice(block * BlockBytes, BlockBytes), numbers, scales, minimums);
            for (int group = 0; group < scales.Length; group++)
            {
                float most = scales[group] * _largest;
                if (!float.IsFinite(HasMinimum ? most + minimums[group] : most))
                {
                    return block * BlockValues;
                }
            }
        }

        return -1;
    }

    /// <summary>Spreads a block: its numbers in order of columns, the scales and minimums of its groups.</summary>
    protected abstract void Unpack(ReadOnlySpan<byte> block, Span<sbyte> numbers, Span<float> scales, Span<float> minimums);

    private void UnpackBlocks(ReadOnlySpan<byte> stored, Span<sbyte> numbers, Span<float> scales, Span<float> minimums)
    {
        int perBlock = BlockValues / GroupValues;
        for (int block = 0; block < stored.Length / BlockBytes; block++)
        {
            Unpack(
                stored.Slice(block * BlockBytes, BlockBytes),
                numbers.Slice(block * BlockValues, BlockValues),
                scales.Slice(block * perBlock, perBlock),
                HasMinimum ? minimums.Slice(block * perBlock, perBlock) : []);
        }
    }
}
