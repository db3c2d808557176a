using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Adaptation;

/// <summary>
/// EoRA (arXiv 2410.21271): the low-rank correction of a compressed matrix that loses least on the layer's inputs, in closed form.
/// </summary>
/// <remarks>
/// <para>
/// The paper takes the singular vectors of E·S, where E = W − Ŵ and S·Sᵀ = G = ΣXᵀX, and undoes S afterwards: B·A = U_r·Σ_r·V_rᵀ·S⁻¹. Since
/// Σ_r·V_rᵀ = U_rᵀ·E·S, that is U_r·U_rᵀ·E, and U comes from the symmetric E·G·Eᵀ. So neither a root of G nor its inverse is needed, and a G without
/// full rank (dead channels, few tokens) needs no floor under its eigenvalues.
/// </para>
/// <para>What is left over costs Σ of the squared singular values beyond the rank.</para>
/// </remarks>
public static class Eora
{
    private const int RowTile = 32;

    /// <summary>Computes the factors.</summary>
    /// <param name="original">W, row-major [rows, columns].</param>
    /// <param name="compressed">Ŵ of the same shape.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="gram">ΣXᵀX of the inputs, row-major, symmetric.</param>
    /// <param name="rank">1 to the smaller of rows and columns.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or the rank exceeds the matrix.</exception>
    /// <exception cref="ArithmeticException">A weight or the Gram matrix is not finite.</exception>
    public static EoraFactors Compute(
        float[] original, float[] compressed, int rows, int columns, double[] gram, int rank, WorkerPool? pool = null)
    {
        Check(original, compressed, rows, columns, gram, rank);
        double[] error = new double[rows * columns];
        for (int i = 0; i < error.Length; i++)
        {
            error[i] = (double)original[i] - compressed[i];
        }

        // 1. M = E·G·Eᵀ; its trace is the error so far.
        double[] transposed = new double[error.Length];
        for (int i = 0; i < error.Length; i++)
        {
            transposed[(i % columns * rows) + (i / columns)] = error[i];
        }

        double[] weighted = Multiply(error, gram, rows, columns, columns, pool);
        double[] matrix = Multiply(weighted, transposed, rows, columns, rows, pool);
        double before = 0;
        for (int i = 0; i < rows; i++)
        {
            before += matrix[i * (rows + 1)];
            for (int j = 0; j < i; j++)
            {
                matrix[(i * rows) + j] = matrix[(j * rows) + i] = (matrix[(i * rows) + j] + matrix[(j * rows) + i]) / 2;
            }
        }

        if (!double.IsFinite(before))
        {
            throw new ArithmeticException("The weights or the Gram matrix are not finite.");
        }

        // 2. The leading vectors of M, and the error's share in each: Uᵀ·E.
        (double[] vectors, double[] values) = LeadingSubspace.Find(matrix, rows, rank, pool);
        double[] shares = Multiply(vectors, error, rank, rows, columns, pool);

        // 3. Both factors get the root of the singular value, so that neither needs a wide range of numbers.
        double[] singular = Array.ConvertAll(values, value => Math.Sqrt(Math.Max(value, 0)));
        float[] a = new float[rank * columns];
        float[] b = new float[rows * rank];
        for (int k = 0; k < rank; k++)
        {
            double root = Math.Sqrt(singular[k]);
            for (int column = 0; root > 0 && column < columns; column++)
            {
                a[(k * columns) + column] = (float)(shares[(k * columns) + column] / root);
            }

            for (int row = 0; row < rows; row++)
            {
                b[(row * rank) + k] = (float)(vectors[(k * rows) + row] * root);
            }
        }

        return new EoraFactors(rank, a, b, singular, before, ErrorLeft(error, a, b, rows, columns, gram, rank, pool));
    }

    private static void Check(float[] original, float[] compressed, int rows, int columns, double[] gram, int rank)
    {
        long count = (long)rows * columns;
        if (original.Length != count || compressed.Length != count)
        {
            throw new ArgumentException($"A matrix of {rows} × {columns} has {count} weights, not {original.Length} and {compressed.Length}.");
        }

        if (gram.Length != (long)columns * columns)
        {
            throw new ArgumentException($"A Gram matrix of {columns} columns has {(long)columns * columns} elements, not {gram.Length}.", nameof(gram));
        }

        if (rank < 1 || rank > Math.Min(rows, columns))
        {
            throw new ArgumentException($"A rank of {rank} is not between 1 and {Math.Min(rows, columns)}.", nameof(rank));
        }
    }

    private static double ErrorLeft(
        double[] error, float[] a, float[] b, int rows, int columns, double[] gram, int rank, WorkerPool? pool)
    {
        double[] left = [.. error];
        ParallelRows.Run(pool, rows, RowTile, (from, to) =>
        {
            Span<double> wide = new double[columns];
            for (int k = 0; k < rank; k++)
            {
                for (int column = 0; column < columns; column++)
                {
                    wide[column] = a[(k * columns) + column];
                }

                for (int row = from; row < to; row++)
                {
                    DenseKernels.AddScaled(wide, -b[(row * rank) + k], left.AsSpan(row * columns, columns));
                }
            }
        });
        return DenseKernels.Dot<double>(left, Multiply(left, gram, rows, columns, columns, pool));
    }

    private static double[] Multiply(double[] left, double[] right, int rows, int depth, int columns, WorkerPool? pool)
    {
        double[] product = new double[rows * columns];
        ParallelRows.Run(pool, (rows + RowTile - 1) / RowTile, 1, (from, to) =>
        {
            for (int tile = from; tile < to; tile++)
            {
                int first = tile * RowTile;
                DenseKernels.Accumulate<double>(
                    left.AsSpan(first * depth), depth, 1, right, columns, product.AsSpan(first * columns), columns,
                    Math.Min(RowTile, rows - first), columns, depth, subtract: false);
            }
        });
        return product;
    }
}
