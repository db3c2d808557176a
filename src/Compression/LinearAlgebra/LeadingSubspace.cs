using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.LinearAlgebra;

/// <summary>The leading eigenvectors of a symmetric matrix without negative eigenvalues.</summary>
internal static class LeadingSubspace
{
    private const int SmallSize = 192;
    private const int MaxRounds = 40;
    private const double Enough = 1e-6;
    private const int RowTile = 32;

    /// <summary>Finds the vectors, as rows, and their eigenvalues, descending.</summary>
    /// <remarks>
    /// A small matrix is decomposed in full. A larger one is applied again and again to a block of random vectors, half as many again as are wanted;
    /// they are made orthonormal after each product, until the share of the trace that they hold stands still. Neighbouring vectors with nearly the
    /// same eigenvalue may then still be mixed, which costs nothing where only their span counts.
    /// </remarks>
    public static (double[] Vectors, double[] Values) Find(double[] matrix, int size, int count, WorkerPool? pool)
    {
        int block = count + Math.Max(16, count / 2);
        if (size <= SmallSize || block * 2 >= size)
        {
            double[] all = [.. matrix];
            double[] values = SymmetricEigen.Decompose(all, size);
            return (all[..(count * size)], values[..count]);
        }

        double[] basis = new double[block * size];
        double[] product = new double[block * size];
        Random random = new(1);
        foreach (ref double value in basis.AsSpan())
        {
            value = random.NextDouble() - 0.5;
        }

        Orthonormalize(basis, block, size);
        double held = 0;
        for (int round = 1; ; round++)
        {
            Apply(matrix, basis, product, block, size, pool);
            double trace = DenseKernels.Dot<double>(basis, product);
            if (round == MaxRounds || Math.Abs(trace - held) <= Enough * Math.Abs(trace))
            {
                break;
            }

            held = trace;
            (basis, product) = (product, basis);
            Orthonormalize(basis, block, size);
        }

        // Within the span, the small matrix of the block tells the vectors apart.
        double[] inner = new double[block * block];
        for (int i = 0; i < block; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                inner[(i * block) + j] = DenseKernels.Dot<double>(basis.AsSpan(i * size, size), product.AsSpan(j * size, size));
                inner[(j * block) + i] = inner[(i * block) + j];
            }
        }

        double[] innerValues = SymmetricEigen.Decompose(inner, block);
        double[] vectors = new double[count * size];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < block; j++)
            {
                DenseKernels.AddScaled(basis.AsSpan(j * size, size), inner[(i * block) + j], vectors.AsSpan(i * size, size));
            }
        }

        return (vectors, innerValues[..count]);
    }

    private static void Apply(double[] matrix, double[] basis, double[] product, int block, int size, WorkerPool? pool)
    {
        Array.Clear(product);
        ParallelRows.Run(pool, (block + RowTile - 1) / RowTile, 1, (from, to) =>
        {
            for (int tile = from; tile < to; tile++)
            {
                int first = tile * RowTile * size;
                DenseKernels.Accumulate<double>(
                    basis.AsSpan(first), size, 1, matrix, size, product.AsSpan(first), size, Math.Min(RowTile, block - (tile * RowTile)), size, size,
                    subtract: false);
            }
        });
    }

    /// <summary>Twice through Gram and Schmidt, which is as good as reflections at this size. Vectors without a direction of their own become 0.</summary>
    private static void Orthonormalize(double[] basis, int block, int size)
    {
        for (int i = 0; i < block; i++)
        {
            Span<double> row = basis.AsSpan(i * size, size);
            double before = Math.Sqrt(DenseKernels.Dot<double>(row, row));
            for (int pass = 0; pass < 2; pass++)
            {
                for (int j = 0; j < i; j++)
                {
                    ReadOnlySpan<double> other = basis.AsSpan(j * size, size);
                    DenseKernels.AddScaled(other, -DenseKernels.Dot<double>(other, row), row);
                }
            }

            double norm = Math.Sqrt(DenseKernels.Dot<double>(row, row));
            double scale = norm > 1e-12 * before ? 1 / norm : 0;
            foreach (ref double value in row)
            {
                value *= scale;
            }
        }
    }
}
