using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Quantization;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Quantized;

namespace Sparrow.Compression.Artifacts;

/// <summary>Reads a matrix of a checkpoint as what compression made of it: mask, codes and factors where it has them, else numbers.</summary>
internal static class StoredLinears
{
    public static CompressedLinear Read(StoredCheckpoint checkpoint, string name)
    {
        TensorSource source = checkpoint.Sources[name];
        if (source is not CorrectedTensor corrected)
        {
            return Read(source, checkpoint.AllowNonFinite);
        }

        float[] a = ReadValues(corrected.A, checkpoint.AllowNonFinite);
        float[] b = ReadValues(corrected.B, checkpoint.AllowNonFinite);
        return Read(corrected.Base, checkpoint.AllowNonFinite) with { Correction = new EoraFactors((int)corrected.A.Shape[0], a, b, [], 0, 0) };
    }

    private static CompressedLinear Read(TensorSource source, bool allowNonFinite)
    {
        int rows = (int)source.Shape[0];
        return source switch
        {
            IntegerTensor codes when codes.Columns % codes.GroupColumns == 0 =>
                new CompressedLinear(source.Name, rows, source.Columns, [], Quantized: ReadCodes(codes, rows)),
            BitmaskTensor sparse =>
                new CompressedLinear(source.Name, rows, source.Columns, ReadValues(source, allowNonFinite), ReadMask(sparse.Mask, rows, source.Columns)),
            _ => new CompressedLinear(source.Name, rows, source.Columns, ReadValues(source, allowNonFinite)),
        };
    }

    private static QuantizedMatrix ReadCodes(IntegerTensor source, int rows)
    {
        QuantizationScheme scheme = new()
        {
            Bits = source.Bits,
            GroupSize = source.GroupColumns == source.Columns ? QuantizationScheme.WholeRow : source.GroupColumns,
            Dialect = QuantizationDialect.IntegerZero,
        };
        PruneMask? mask = source is SparseCodesTensor sparse ? ReadMask(sparse.Mask, rows, source.Columns) : null;
        QuantizedMatrix matrix = new(rows, source.Columns, scheme, source.GroupIndex, mask);
        int groups = matrix.GroupCount;
        for (int row = 0; row < rows; row++)
        {
            source.ReadStored(
                row, matrix.Codes.AsSpan(row * source.Columns, source.Columns), matrix.Scales.AsSpan(row * groups, groups), matrix.Zeros.AsSpan(row * groups, groups));
        }

        return matrix;
    }

    private static PruneMask ReadMask(StoredMask stored, int rows, int columns)
    {
        PruneMask mask = new(rows, columns);
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<byte> bits = stored.Row(row);
            for (int column = 0; column < columns; column++)
            {
                if (((bits[column / 8] >> (column % 8)) & 1) == 0)
                {
                    mask.Set(row, column, kept: false);
                }
            }
        }

        return mask;
    }

    private static float[] ReadValues(TensorSource source, bool allowNonFinite)
    {
        int rows = source.Shape.Length == 1 ? 1 : (int)source.Shape[0];
        float[] values = new float[(long)rows * source.Columns];
        for (int row = 0; row < rows; row++)
        {
            source.ReadRow(row, values.AsSpan(row * source.Columns, source.Columns), allowNonFinite);
        }

        return values;
    }
}
