using System.Buffers;
using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Loading.Quantized;

namespace Sparrow.Runtime.Loading;

/// <summary>
/// Codes of quantised folders as GGUF blocks of 32 with a half-precision scale: Q4_0 where codes less their zero points fit 4 bits, else Q8_0. Groups of
/// more columns repeat their scale. Nothing is rounded.
/// </summary>
internal static class GgufCodes
{
    private const int BlockColumns = 32;

    private static readonly string[] s_formats = ["q4_0", "q8_0"];

    /// <summary>The format that holds all of the matrices without loss, or null.</summary>
    public static string? FormatOf(IEnumerable<TensorSource> sources)
    {
        IntegerTensor?[] tensors = [.. sources.Select(source => source as IntegerTensor)];
        return Array.Find(s_formats, format => Array.TrueForAll(tensors, tensor => tensor is not null && Fits(tensor, (ICodeCodec)CodecRegistry.FindEncoder(format)!)));
    }

    /// <summary>Writes a row of a matrix that fits.</summary>
    public static void WriteRow(IntegerTensor source, int row, TensorCodec codec, Span<byte> stored)
    {
        int columns = source.Columns;
        int groups = columns / source.GroupColumns;
        byte[] codes = ArrayPool<byte>.Shared.Rent(columns);
        float[] grids = ArrayPool<float>.Shared.Rent(2 * groups);
        Span<float> scales = grids.AsSpan(0, groups);
        Span<float> zeros = grids.AsSpan(groups, groups);
        Span<int> block = stackalloc int[BlockColumns];
        source.ReadStored(row, codes.AsSpan(0, columns), scales, zeros);
        for (int first = 0; first < columns; first += BlockColumns)
        {
            int group = first / source.GroupColumns;
            for (int i = 0; i < BlockColumns; i++)
            {
                block[i] = codes[first + i] - (int)zeros[group];
            }

            ((ICodeCodec)codec).WriteBlock((Half)scales[group], block, stored.Slice(first / BlockColumns * codec.BlockBytes, codec.BlockBytes));
        }

        ArrayPool<byte>.Shared.Return(codes);
        ArrayPool<float>.Shared.Return(grids);
    }

    private static bool Fits(IntegerTensor source, ICodeCodec codec)
    {
        if (source.GroupIndex is not null || source.GroupColumns % BlockColumns != 0 || source.Columns % source.GroupColumns != 0)
        {
            return false;
        }

        (int smallest, int largest) = codec.Range;
        int rows = (int)source.Shape[0];
        for (int row = 0; row < rows; row++)
        {
            for (int group = 0; group < source.Columns / source.GroupColumns; group++)
            {
                (float scale, int zero) = source.Grid(row, group);
                if ((float)(Half)scale != scale || -zero < smallest || (1 << source.Bits) - 1 - zero > largest)
                {
                    return false;
                }
            }
        }

        return true;
    }
}
