using Sparrow.Compression.LinearAlgebra;
using Sparrow.Compression.Pruning;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Adaptation;

/// <summary>
/// A trained low-rank change of a matrix: W + s·(B·A) ∘ M. Only the first <see cref="Rank"/> directions count; those beyond have zeros in B, so that the
/// rank can grow without a change of the product.
/// </summary>
public sealed partial class LowRankAdapter
{
    private const int RowGrain = 32;

    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="rank">Active rank.</param>
    /// <param name="scale">s; it does not follow the rank.</param>
    /// <param name="a">Row-major [allocated rank, columns].</param>
    /// <param name="b">Row-major [rows, allocated rank].</param>
    public LowRankAdapter(int rows, int columns, int rank, float scale, float[] a, float[] b)
    {
        AllocatedRank = a.Length / columns;
        if (rank < 1 || rank > AllocatedRank || a.Length != (long)AllocatedRank * columns || b.Length != (long)AllocatedRank * rows)
        {
            throw new ArgumentException($"Factors of {a.Length} and {b.Length} values are no adapter of rank {rank} for {rows} × {columns} weights.");
        }

        Rows = rows;
        Columns = columns;
        Rank = rank;
        Scale = scale;
        A = a;
        B = b;
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Directions that have room.</summary>
    public int AllocatedRank { get; }

    /// <summary>Directions that count, in training and in merging.</summary>
    public int Rank { get; private set; }

    /// <summary>s of W + s·(B·A).</summary>
    public float Scale { get; }

    /// <summary>Row-major [allocated rank, columns]. Training changes it in place.</summary>
    public float[] A { get; }

    /// <summary>Row-major [rows, allocated rank]. Training changes it in place.</summary>
    public float[] B { get; }

    /// <summary>An adapter that changes nothing yet: A uniform within ±1/√columns, B zero.</summary>
    public static LowRankAdapter Create(int rows, int columns, int allocatedRank, int rank, float scale, Random random)
    {
        float[] a = new float[allocatedRank * columns];
        double bound = 1 / Math.Sqrt(columns);
        foreach (ref float value in a.AsSpan())
        {
            value = (float)(((2 * random.NextDouble()) - 1) * bound);
        }

        return new LowRankAdapter(rows, columns, rank, scale, a, new float[rows * allocatedRank]);
    }

    /// <summary>s of plain LoRA, α/r.</summary>
    public static float LoraScale(double alpha, int rank) => (float)(alpha / rank);

    /// <summary>s of RoRA (α/√r), by which the size of the change does not shrink with the rank.</summary>
    public static float RoraScale(double alpha, int rank) => (float)(alpha / Math.Sqrt(rank));

    /// <summary>(W + s·B·A) ∘ M as an array of its own.</summary>
    /// <param name="weights">W, row-major; not changed.</param>
    /// <param name="mask">M; null: all weights are kept. Explicit: a kept weight that becomes 0 stays a kept one.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    public float[] Merge(float[] weights, PruneMask? mask, WorkerPool? pool = null)
    {
        float[] merged = [.. weights];
        AddTo(merged, mask, subtract: false, pool);
        return merged;
    }

    /// <summary>Adds the product to weights, or takes it away again, and clears what is pruned.</summary>
    public void AddTo(float[] weights, PruneMask? mask, bool subtract, WorkerPool? pool = null)
    {
        if (weights.Length != (long)Rows * Columns)
        {
            throw new ArgumentException($"The adapter changes {Rows} × {Columns} weights, not {weights.Length}.", nameof(weights));
        }

        float scale = subtract ? -Scale : Scale;
        ParallelRows.Run(pool, Rows, RowGrain, (from, to) =>
        {
            Span<float> product = new float[Columns];
            for (int row = from; row < to; row++)
            {
                Span<float> line = weights.AsSpan(row * Columns, Columns);
                product.Clear();
                for (int k = 0; k < Rank; k++)
                {
                    DenseKernels.AddScaled(A.AsSpan(k * Columns, Columns), B[(row * AllocatedRank) + k], product);
                }

                DenseKernels.AddScaled(product, scale, line);
                mask?.ApplyRow(row, line);
            }
        });
    }
}
