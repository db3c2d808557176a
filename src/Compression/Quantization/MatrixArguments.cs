using Sparrow.Compression.Pruning;

namespace Sparrow.Compression.Quantization;

/// <summary>The checks that all methods make before work is split over threads, where an exception could not name what is wrong.</summary>
internal static class MatrixArguments
{
    public static void Check(ReadOnlySpan<float> weights, int rows, int columns, PruneMask? mask = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (weights.Length != (long)rows * columns)
        {
            throw new ArgumentException($"A matrix of {rows} × {columns} has {(long)rows * columns} weights, not {weights.Length}.", nameof(weights));
        }

        if (mask is not null && (mask.Rows != rows || mask.Columns != columns))
        {
            throw new ArgumentException($"The mask is {mask.Rows} × {mask.Columns}, the matrix {rows} × {columns}.", nameof(mask));
        }

        for (int i = 0; i < weights.Length; i++)
        {
            if (!float.IsFinite(weights[i]))
            {
                throw new ArgumentException($"The weight in row {i / columns}, column {i % columns} is {weights[i]}.", nameof(weights));
            }
        }
    }

    public static void CheckGram(double[] gram, int columns)
    {
        if (gram.Length != (long)columns * columns)
        {
            throw new ArgumentException($"A Gram matrix of {columns} columns has {(long)columns * columns} elements, not {gram.Length}.", nameof(gram));
        }
    }
}
