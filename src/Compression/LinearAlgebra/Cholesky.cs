using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.LinearAlgebra;

/// <summary>Blocked Cholesky factorisation and triangular inverse in double, row-major and in place.</summary>
internal static class Cholesky
{
    private const int Block = 64;
    private const int RowTile = 32;

    /// <summary>Overwrites the lower triangle of a symmetric matrix by L with L·Lᵀ = A; what stands above the diagonal has no meaning afterwards.</summary>
    /// <returns>False where the matrix is not positive definite; it is then spoilt.</returns>
    public static bool TryFactor(double[] matrix, int size, WorkerPool? pool = null)
    {
        double[] panel = new double[Block * size];
        for (int k0 = 0; k0 < size; k0 += Block)
        {
            int width = Math.Min(Block, size - k0);
            int next = k0 + width;
            if (!FactorDiagonal(matrix, size, k0, width))
            {
                return false;
            }

            // The rows below, solved against the diagonal block, are kept transposed as well: the update then walks along rows on both sides.
            int start = k0;
            ParallelRows.Run(pool, size - next, 16, (from, to) => SolvePanel(matrix, size, start, width, next + from, next + to, panel));
            int tiles = (size - next + RowTile - 1) / RowTile;
            ParallelRows.Run(pool, tiles, 1, (from, to) =>
            {
                for (int tile = from; tile < to; tile++)
                {
                    int row = next + (tile * RowTile);
                    int rows = Math.Min(RowTile, size - row);
                    DenseKernels.Accumulate<double>(
                        matrix.AsSpan((row * size) + start), size, 1, panel.AsSpan(next), size, matrix.AsSpan((row * size) + next), size,
                        rows, row + rows - next, width, subtract: true);
                }
            });
        }

        return true;
    }

    /// <summary>Overwrites the lower triangle L by L⁻¹ and clears what stands above the diagonal.</summary>
    public static void InvertLower(double[] matrix, int size, WorkerPool? pool = null)
    {
        double[] product = new double[Block * size];
        double[] solved = new double[Block * size];
        double[] diagonal = new double[Block * Block];
        for (int k0 = 0; k0 < size; k0 += Block)
        {
            int start = k0;
            int rows = Math.Min(Block, size - k0);
            InvertDiagonal(matrix, size, k0, rows, diagonal);
            Array.Clear(product);
            Array.Clear(solved);

            // Rows above are inverted already, and column tile j of them is 0 above row j.
            ParallelRows.Run(pool, k0 / Block, 1, (from, to) =>
            {
                for (int tile = from; tile < to; tile++)
                {
                    int column = tile * Block;
                    DenseKernels.Accumulate<double>(
                        matrix.AsSpan((start * size) + column), size, 1, matrix.AsSpan((column * size) + column), size, product.AsSpan(column), size,
                        rows, Block, start - column, subtract: false);
                    DenseKernels.Accumulate<double>(
                        diagonal, Block, 1, product.AsSpan(column), size, solved.AsSpan(column), size, rows, Block, rows, subtract: true);
                }
            });

            for (int i = 0; i < rows; i++)
            {
                Span<double> row = matrix.AsSpan((k0 + i) * size, size);
                solved.AsSpan(i * size, k0).CopyTo(row);
                diagonal.AsSpan(i * Block, rows).CopyTo(row[k0..]);
                row[(k0 + rows)..].Clear();
            }
        }
    }

    private static bool FactorDiagonal(double[] matrix, int size, int start, int width)
    {
        for (int i = 0; i < width; i++)
        {
            Span<double> row = matrix.AsSpan(((start + i) * size) + start, width);
            for (int j = 0; j <= i; j++)
            {
                ReadOnlySpan<double> other = matrix.AsSpan(((start + j) * size) + start, width);
                double sum = row[j] - DenseKernels.Dot(other[..j], row[..j]);
                if (j < i)
                {
                    row[j] = sum / other[j];
                }
                else if (sum > 0 && double.IsFinite(sum))
                {
                    row[j] = Math.Sqrt(sum);
                }
                else
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static void SolvePanel(double[] matrix, int size, int start, int width, int from, int to, double[] panel)
    {
        for (int i = from; i < to; i++)
        {
            Span<double> row = matrix.AsSpan((i * size) + start, width);
            for (int j = 0; j < width; j++)
            {
                ReadOnlySpan<double> other = matrix.AsSpan(((start + j) * size) + start, j + 1);
                row[j] = (row[j] - DenseKernels.Dot(other[..j], row[..j])) / other[j];
                panel[(j * size) + i] = row[j];
            }
        }
    }

    private static void InvertDiagonal(double[] matrix, int size, int start, int rows, double[] inverse)
    {
        Array.Clear(inverse);
        for (int i = 0; i < rows; i++)
        {
            ReadOnlySpan<double> row = matrix.AsSpan(((start + i) * size) + start, rows);
            Span<double> result = inverse.AsSpan(i * Block, rows);
            for (int k = 0; k < i; k++)
            {
                DenseKernels.AddScaled(inverse.AsSpan(k * Block, k + 1), -row[k], result);
            }

            double scale = 1 / row[i];
            for (int k = 0; k < i; k++)
            {
                result[k] *= scale;
            }

            result[i] = scale;
        }
    }
}
