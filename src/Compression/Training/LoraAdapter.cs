using Sparrow.Compression.LinearAlgebra;
using Sparrow.Compression.Pruning;

namespace Sparrow.Compression.Training;

/// <summary>
/// A low-rank change of one linear, maybe under a mask: the weights in effect are M ∘ (W + γ·B·A) (LoRA: arXiv 2106.09685; masked as in LoSA, arXiv
/// 2502.14816). The base weights stay as they are until somebody merges.
/// </summary>
public sealed class LoraAdapter
{
    private int _activeRank;
    private PruneMask? _mask;

    /// <param name="name">The linear's tensor: <c>model.layers.0.self_attn.q_proj.weight</c>.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="rank">Ranks that there is room for.</param>
    /// <param name="scale">γ.</param>
    /// <param name="mask">Kept weights; null: all, and then no product of the size of the matrix is ever made.</param>
    public LoraAdapter(string name, int rows, int columns, int rank, float scale, PruneMask? mask = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rank);
        (Name, Rows, Columns, Rank, Scale) = (name, rows, columns, rank, scale);
        Mask = mask;
        _activeRank = rank;
        A = new float[checked(rank * columns)];
        B = new float[checked(rows * rank)];
    }

    public string Name { get; }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Allocated ranks.</summary>
    public int Rank { get; }

    /// <summary>The first so many rows of A and columns of B are used and trained; 0: none.</summary>
    public int ActiveRank
    {
        get => _activeRank;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Rank);
            _activeRank = value;
        }
    }

    /// <summary>γ.</summary>
    public float Scale { get; set; }

    /// <summary>Kept weights of the product and of the base; null: all.</summary>
    public PruneMask? Mask
    {
        get => _mask;
        set
        {
            if (value is not null && (value.Rows != Rows || value.Columns != Columns))
            {
                throw new ArgumentException($"{Name} is {Rows} × {Columns}, its mask {value.Rows} × {value.Columns}.", nameof(value));
            }

            _mask = value;
        }
    }

    /// <summary>Row-major [rank, columns].</summary>
    public float[] A { get; }

    /// <summary>Row-major [rows, rank].</summary>
    public float[] B { get; }

    /// <summary>A uniform within ± 1/√columns (Kaiming with a = √5), B zero: the model is what it was.</summary>
    public void Initialize(Random random)
    {
        float bound = 1 / MathF.Sqrt(Columns);
        foreach (ref float value in A.AsSpan())
        {
            value = ((2 * random.NextSingle()) - 1) * bound;
        }

        Array.Clear(B);
    }

    /// <summary>M ∘ (W + γ·B·A).</summary>
    /// <param name="weights">W, row-major [rows, columns]; not changed.</param>
    public float[] Merge(ReadOnlySpan<float> weights)
    {
        if (weights.Length != (long)Rows * Columns)
        {
            throw new ArgumentException($"{Name} has {Rows} × {Columns} weights, not {weights.Length}.", nameof(weights));
        }

        float[] merged = weights.ToArray();
        for (int row = 0; row < Rows; row++)
        {
            MergeRow(row, merged.AsSpan(row * Columns, Columns));
        }

        return merged;
    }

    /// <summary>Turns one row of the base weights into the row in effect.</summary>
    internal void MergeRow(int row, Span<float> weights)
    {
        for (int k = 0; k < _activeRank; k++)
        {
            DenseKernels.AddScaled<float>(A.AsSpan(k * Columns, Columns), Scale * B[(row * Rank) + k], weights);
        }

        if (_mask is not null)
        {
            MaskedRows.Apply(_mask.RowWords(row), weights);
        }
    }
}
