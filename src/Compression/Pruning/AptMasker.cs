using Sparrow.Compression.Calibration;
using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pruning;

/// <summary>
/// Mask choice of APT / MRP (arXiv 2410.15567), before any compensation: by the loss of each weight alone, or of each set of a group's weights together.
/// </summary>
public static class AptMasker
{
    /// <summary>Scores w²/(H⁻¹)_cc, the loss of removing one weight and compensating with all others; per row, or per group for an N:M target.</summary>
    /// <param name="weights">Row-major [rows, columns].</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="factor">The layer's factored Hessian.</param>
    /// <param name="target">How many.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    public static PruneMask ChooseSingle(
        float[] weights, int rows, int columns, HessianFactor factor, PruneTarget target, WorkerPool? pool = null)
    {
        float[] diagonal = factor.InverseDiagonal();
        return RowPruner.Prune(
            rows,
            columns,
            target,
            (row, scores) =>
            {
                for (int column = 0; column < columns; column++)
                {
                    // A dead channel's weight is free whatever its size.
                    float weight = factor.Dead[column] ? 0 : weights[(row * columns) + column];
                    scores[column] = weight * weight / diagonal[column];
                }
            },
            pool);
    }

    /// <summary>Compares all ways to prune n of a group's m weights by their common loss ½·w_P·[(H⁻¹)_PP]⁻¹·w_Pᵀ: 6 for 2:4, 70 for 4:8.</summary>
    /// <param name="weights">Row-major [rows, columns].</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="factor">The layer's factored Hessian.</param>
    /// <param name="target">An N:M target of groups of at most 8.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <exception cref="ArgumentException">The target is unstructured, or its groups are larger than 8.</exception>
    public static PruneMask ChooseJoint(
        float[] weights, int rows, int columns, HessianFactor factor, PruneTarget target, WorkerPool? pool = null)
    {
        if (target.GroupSize is 0 or > 8)
        {
            throw new ArgumentException("Sets of weights are compared within groups of 2 to 8.", nameof(target));
        }

        target.RequireFits(columns);
        PruneMask mask = new(rows, columns);
        int count = target.PrunePerGroup;
        int[][] sets = [.. Enumerable.Range(0, 1 << target.GroupSize).Where(bits => int.PopCount(bits) == count).Select(Members)];
        int groups = columns / target.GroupSize;
        if (count == 0)
        {
            return mask;
        }

        double[][] inverses = new double[groups][];
        ParallelRows.Run(pool, groups, 1, (from, to) =>
        {
            for (int group = from; group < to; group++)
            {
                inverses[group] = InvertSets(factor, group * target.GroupSize, target.GroupSize, sets);
            }
        });
        ParallelRows.Run(pool, rows, 4, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                for (int group = 0; group < groups; group++)
                {
                    int start = group * target.GroupSize;
                    int best = Cheapest(weights.AsSpan((row * columns) + start, target.GroupSize), factor.Dead.AsSpan(start), sets, inverses[group]);
                    foreach (int member in sets[best])
                    {
                        mask.Set(row, start + member, kept: false);
                    }
                }
            }
        });
        return mask;
    }

    private static int[] Members(int bits) => [.. Enumerable.Range(0, 8).Where(i => (bits >> i & 1) != 0)];

    private static double[] InvertSets(HessianFactor factor, int start, int size, int[][] sets)
    {
        double[] block = new double[size * size];
        for (int k = 0; k < start + size; k++)
        {
            ReadOnlySpan<float> line = factor.Upper.AsSpan((k * factor.Columns) + start, size);
            for (int i = 0; i < size; i++)
            {
                for (int j = 0; j < size; j++)
                {
                    block[(i * size) + j] += (double)line[i] * line[j];
                }
            }
        }

        int count = sets[0].Length;
        double[] inverses = new double[sets.Length * count * count];
        for (int s = 0; s < sets.Length; s++)
        {
            Span<double> inverse = inverses.AsSpan(s * count * count, count * count);
            for (int i = 0; i < count; i++)
            {
                for (int j = 0; j < count; j++)
                {
                    inverse[(i * count) + j] = block[(sets[s][i] * size) + sets[s][j]];
                }
            }

            InvertInPlace(inverse, count);
        }

        return inverses;
    }

    // Gauss-Jordan without pivoting: parts of a positive definite matrix need none.
    private static void InvertInPlace(Span<double> matrix, int size)
    {
        for (int k = 0; k < size; k++)
        {
            double pivot = 1 / matrix[(k * size) + k];
            matrix[(k * size) + k] = 1;
            for (int j = 0; j < size; j++)
            {
                matrix[(k * size) + j] *= pivot;
            }

            for (int i = 0; i < size; i++)
            {
                if (i == k)
                {
                    continue;
                }

                double factor = matrix[(i * size) + k];
                matrix[(i * size) + k] = 0;
                for (int j = 0; j < size; j++)
                {
                    matrix[(i * size) + j] -= factor * matrix[(k * size) + j];
                }
            }
        }
    }

    private static int Cheapest(ReadOnlySpan<float> weights, ReadOnlySpan<bool> dead, int[][] sets, double[] inverses)
    {
        int count = sets[0].Length;
        int best = 0;
        double lowest = double.PositiveInfinity;
        for (int s = 0; s < sets.Length; s++)
        {
            double loss = 0;
            for (int i = 0; i < count; i++)
            {
                double left = dead[sets[s][i]] ? 0 : weights[sets[s][i]];
                for (int j = 0; j < count; j++)
                {
                    double right = dead[sets[s][j]] ? 0 : weights[sets[s][j]];
                    loss += left * right * inverses[(((s * count) + i) * count) + j];
                }
            }

            if (loss < lowest)
            {
                (best, lowest) = (s, loss);
            }
        }

        return best;
    }
}
