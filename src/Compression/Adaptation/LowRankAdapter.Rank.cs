using Sparrow.Compression.LinearAlgebra;

namespace Sparrow.Compression.Adaptation;

public sealed partial class LowRankAdapter
{
    /// <summary>
    /// Changes the active rank. Growing changes nothing of the product. Before shrinking, the directions are turned into those of the product's singular
    /// vectors, largest first, so that what is dropped is the least of it.
    /// </summary>
    public void Resize(int rank)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rank, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rank, AllocatedRank);
        if (rank < Rank)
        {
            Rotate();
            for (int row = 0; row < Rows; row++)
            {
                B.AsSpan((row * AllocatedRank) + rank, AllocatedRank - rank).Clear();
            }
        }

        Rank = rank;
    }

    /// <summary>Writes the product as Σ √σ·u · √σ·vᵀ over its singular vectors, largest first; its value stays. Returns the singular values.</summary>
    public double[] Rotate()
    {
        int rank = Rank;

        // 1. B = Q·S with QᵀQ = 1, by the root of BᵀB: directions of B that are not there get no part.
        double[] squares = new double[rank * rank];
        for (int row = 0; row < Rows; row++)
        {
            for (int i = 0; i < rank; i++)
            {
                for (int j = 0; j < rank; j++)
                {
                    squares[(i * rank) + j] += (double)B[(row * AllocatedRank) + i] * B[(row * AllocatedRank) + j];
                }
            }
        }

        double[] vectors = [.. squares];
        double[] values = SymmetricEigen.Decompose(vectors, rank);
        double floor = Math.Max(values[0], 0) * 1e-13;

        // 2. C = S·A with S = √D·V: the product is Q·C, and the singular vectors of C are those of the product.
        double[] reduced = new double[rank * Columns];
        double[] wide = new double[rank * Columns];
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = A[i];
        }

        for (int i = 0; i < rank; i++)
        {
            double root = values[i] > floor ? Math.Sqrt(values[i]) : 0;
            for (int j = 0; root > 0 && j < rank; j++)
            {
                DenseKernels.AddScaled(wide.AsSpan(j * Columns, Columns), root * vectors[(i * rank) + j], reduced.AsSpan(i * Columns, Columns));
            }
        }

        double[] inner = new double[rank * rank];
        for (int i = 0; i < rank; i++)
        {
            for (int j = 0; j < rank; j++)
            {
                inner[(i * rank) + j] = DenseKernels.Dot<double>(reduced.AsSpan(i * Columns, Columns), reduced.AsSpan(j * Columns, Columns));
            }
        }

        double[] turned = inner;
        double[] singular = Array.ConvertAll(SymmetricEigen.Decompose(turned, rank), value => Math.Sqrt(Math.Max(value, 0)));
        Write(squares, vectors, values, floor, reduced, turned, singular);
        return singular;
    }

    // u = Q·p and σ·vᵀ = pᵀ·C for each row p of the small basis; Q = B·Vᵀ/√D.
    private void Write(double[] squares, double[] vectors, double[] values, double floor, double[] reduced, double[] turned, double[] singular)
    {
        int rank = Rank;
        double[] mix = squares;
        Array.Clear(mix);
        for (int k = 0; k < rank; k++)
        {
            for (int i = 0; i < rank; i++)
            {
                double factor = values[i] > floor ? turned[(k * rank) + i] / Math.Sqrt(values[i]) : 0;
                for (int j = 0; j < rank; j++)
                {
                    mix[(k * rank) + j] += factor * vectors[(i * rank) + j];
                }
            }
        }

        double smallest = singular[0] * 1e-7;
        double[] old = new double[rank];
        for (int row = 0; row < Rows; row++)
        {
            Span<float> line = B.AsSpan(row * AllocatedRank, rank);
            for (int j = 0; j < rank; j++)
            {
                old[j] = line[j];
            }

            for (int k = 0; k < rank; k++)
            {
                double sum = 0;
                for (int j = 0; j < rank; j++)
                {
                    sum += mix[(k * rank) + j] * old[j];
                }

                line[k] = singular[k] > smallest ? (float)(sum * Math.Sqrt(singular[k])) : 0;
            }
        }

        double[] direction = new double[Columns];
        for (int k = 0; k < rank; k++)
        {
            // A direction that carries nothing keeps its row of A: with B zero it is neutral, and can still be trained.
            if (singular[k] <= smallest)
            {
                continue;
            }

            Array.Clear(direction);
            for (int i = 0; i < rank; i++)
            {
                DenseKernels.AddScaled(reduced.AsSpan(i * Columns, Columns), turned[(k * rank) + i] / Math.Sqrt(singular[k]), direction);
            }

            for (int column = 0; column < Columns; column++)
            {
                A[(k * Columns) + column] = (float)direction[column];
            }
        }
    }
}
