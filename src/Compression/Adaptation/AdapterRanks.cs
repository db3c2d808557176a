using Sparrow.Compression.LinearAlgebra;
using Sparrow.Compression.Training;

namespace Sparrow.Compression.Adaptation;

/// <summary>
/// Ranks of adapters that change between rounds. Directions beyond the active rank have zeros in B, so that a rank can grow without a change of the
/// product; before one shrinks, what it drops is made the least of the product.
/// </summary>
public static class AdapterRanks
{
    /// <summary>γ of plain LoRA, α/r.</summary>
    public static float LoraScale(double alpha, int rank) => (float)(alpha / rank);

    /// <summary>γ of RoRA (α/√r), by which the size of the change does not shrink with the rank.</summary>
    public static float RoraScale(double alpha, int rank) => (float)(alpha / Math.Sqrt(rank));

    /// <summary>
    /// Changes the active rank. Growing changes nothing of the product. Before shrinking, the directions are turned into those of the product's singular
    /// vectors, largest first.
    /// </summary>
    public static void Resize(LoraAdapter adapter, int rank)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rank, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rank, adapter.Rank);
        if (rank < adapter.ActiveRank)
        {
            Rotate(adapter);
            for (int row = 0; row < adapter.Rows; row++)
            {
                adapter.B.AsSpan((row * adapter.Rank) + rank, adapter.Rank - rank).Clear();
            }
        }

        adapter.ActiveRank = rank;
    }

    /// <summary>Writes the product as Σ √σ·u · √σ·vᵀ over its singular vectors, largest first; its value stays. Returns the singular values.</summary>
    public static double[] Rotate(LoraAdapter adapter)
    {
        int rank = adapter.ActiveRank;
        int stride = adapter.Rank;
        int columns = adapter.Columns;
        float[] b = adapter.B;

        // 1. B = Q·S with QᵀQ = 1, by the root of BᵀB: directions of B that are not there get no part.
        double[] squares = new double[rank * rank];
        for (int row = 0; row < adapter.Rows; row++)
        {
            for (int i = 0; i < rank; i++)
            {
                for (int j = 0; j < rank; j++)
                {
                    squares[(i * rank) + j] += (double)b[(row * stride) + i] * b[(row * stride) + j];
                }
            }
        }

        double[] vectors = [.. squares];
        double[] values = SymmetricEigen.Decompose(vectors, rank);
        double floor = Math.Max(values[0], 0) * 1e-13;

        // 2. C = S·A with S = √D·V: the product is Q·C, and the singular vectors of C are those of the product.
        double[] reduced = new double[rank * columns];
        double[] wide = new double[rank * columns];
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = adapter.A[i];
        }

        for (int i = 0; i < rank; i++)
        {
            double root = values[i] > floor ? Math.Sqrt(values[i]) : 0;
            for (int j = 0; root > 0 && j < rank; j++)
            {
                DenseKernels.AddScaled(wide.AsSpan(j * columns, columns), root * vectors[(i * rank) + j], reduced.AsSpan(i * columns, columns));
            }
        }

        double[] inner = new double[rank * rank];
        for (int i = 0; i < rank; i++)
        {
            for (int j = 0; j < rank; j++)
            {
                inner[(i * rank) + j] = DenseKernels.Dot<double>(reduced.AsSpan(i * columns, columns), reduced.AsSpan(j * columns, columns));
            }
        }

        double[] turned = inner;
        double[] singular = Array.ConvertAll(SymmetricEigen.Decompose(turned, rank), value => Math.Sqrt(Math.Max(value, 0)));
        Write(adapter, squares, vectors, values, floor, reduced, turned, singular);
        return singular;
    }

    // u = Q·p and σ·vᵀ = pᵀ·C for each row p of the small basis; Q = B·Vᵀ/√D.
    private static void Write(
        LoraAdapter adapter, double[] squares, double[] vectors, double[] values, double floor, double[] reduced, double[] turned, double[] singular)
    {
        int rank = adapter.ActiveRank;
        int columns = adapter.Columns;
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
        for (int row = 0; row < adapter.Rows; row++)
        {
            Span<float> line = adapter.B.AsSpan(row * adapter.Rank, rank);
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

        double[] direction = new double[columns];
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
                DenseKernels.AddScaled(reduced.AsSpan(i * columns, columns), turned[(k * rank) + i] / Math.Sqrt(singular[k]), direction);
            }

            for (int column = 0; column < columns; column++)
            {
                adapter.A[(k * columns) + column] = (float)direction[column];
            }
        }
    }
}
