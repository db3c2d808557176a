using Sparrow.Compression.LinearAlgebra;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Adaptation;

/// <summary>Products of adapters added to weights, rows side by side.</summary>
public static class AdapterMerge
{
    private const int RowGrain = 32;

    /// <summary>W ← M ∘ (W + γ·B·A): a pruned weight stays 0, and a kept one that becomes 0 stays kept.</summary>
    /// <param name="adapter">Its mask is the weights' own.</param>
    /// <param name="weights">Row-major [rows, columns].</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    public static void Add(LoraAdapter adapter, float[] weights, WorkerPool? pool = null) => Run(adapter, weights, adapter.Scale, masked: true, pool);

    /// <summary>W ← M ∘ (W − γ·B·A): the base weights back.</summary>
    public static void Subtract(LoraAdapter adapter, float[] weights, WorkerPool? pool = null) => Run(adapter, weights, -adapter.Scale, masked: true, pool);

    /// <summary>W ← W + γ·B·A everywhere: what pruned weights would be if they came back.</summary>
    public static void AddUnmasked(LoraAdapter adapter, float[] weights, WorkerPool? pool = null) => Run(adapter, weights, adapter.Scale, masked: false, pool);

    private static void Run(LoraAdapter adapter, float[] weights, float scale, bool masked, WorkerPool? pool)
    {
        if (weights.Length != (long)adapter.Rows * adapter.Columns)
        {
            throw new ArgumentException($"{adapter.Name} has {adapter.Rows} × {adapter.Columns} weights, not {weights.Length}.", nameof(weights));
        }

        int columns = adapter.Columns;
        ParallelRows.Run(pool, adapter.Rows, RowGrain, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                Span<float> line = weights.AsSpan(row * columns, columns);
                for (int k = 0; k < adapter.ActiveRank; k++)
                {
                    DenseKernels.AddScaled<float>(adapter.A.AsSpan(k * columns, columns), scale * adapter.B[(row * adapter.Rank) + k], line);
                }

                if (masked)
                {
                    adapter.Mask?.ApplyRow(row, line);
                }
            }
        });
    }
}
