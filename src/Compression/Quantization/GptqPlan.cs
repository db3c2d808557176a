using Sparrow.Compression.Calibration;
using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Quantization;

/// <summary>What GPTQ needs of a layer's inputs: the order of the columns and the factored Hessian in that order. Linears that share an input share it.</summary>
public sealed class GptqPlan
{
    private GptqPlan(HessianFactor factor, int[] order, bool isReordered)
    {
        Factor = factor;
        Order = order;
        IsReordered = isReordered;
    }

    /// <summary>The factor, its columns in <see cref="Order"/>.</summary>
    public HessianFactor Factor { get; }

    /// <summary>Position → column.</summary>
    public int[] Order { get; }

    /// <summary>Whether columns go by descending diagonal of the Hessian rather than as they stand.</summary>
    public bool IsReordered { get; }

    /// <summary>Orders and factors.</summary>
    /// <param name="gram">ΣXᵀX, row-major, symmetric; not changed.</param>
    /// <param name="columns">Its width.</param>
    /// <param name="scale">What it is multiplied with: 2 over the number of sequences. Changes the reported error only.</param>
    /// <param name="damping">Share of the mean diagonal to add.</param>
    /// <param name="activationOrder">Start with the columns of the largest diagonal, so that the others can make up for their errors.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <returns>Null where the Hessian cannot be factored whatever the damping, so that only round-to-nearest is left.</returns>
    public static GptqPlan? TryCreate(
        double[] gram, int columns, double scale, double damping = 0.01, bool activationOrder = false, WorkerPool? pool = null)
    {
        MatrixArguments.CheckGram(gram, columns);
        int[] order = [.. Enumerable.Range(0, columns)];
        double[] ordered = gram;
        if (activationOrder)
        {
            // A dead column counts with the 1 that stands in for its 0, as in the published program; equal entries keep their order.
            double[] keys = new double[columns];
            for (int i = 0; i < columns; i++)
            {
                double entry = gram[i * (columns + 1)] * scale;
                keys[i] = entry == 0 ? 1 : entry;
            }

            order = [.. order.OrderByDescending(column => keys[column])];
            ordered = new double[gram.Length];
            ParallelRows.Run(pool, columns, 32, (from, to) =>
            {
                for (int i = from; i < to; i++)
                {
                    for (int j = 0; j < columns; j++)
                    {
                        ordered[(i * columns) + j] = gram[(order[i] * columns) + order[j]];
                    }
                }
            });
        }

        HessianFactor? factor = HessianFactor.TryCreate(ordered, columns, scale, damping, pool);
        return factor is null ? null : new GptqPlan(factor, order, activationOrder);
    }
}
