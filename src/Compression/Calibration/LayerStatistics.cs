using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Calibration;

/// <summary>
/// Everything the methods ask of one input of a block, gathered once and shared by the linear layers that read it (q, k and v; gate and up).
/// </summary>
public sealed class LayerStatistics
{
    private readonly GramAccumulator? _gram;

    /// <param name="columns">Input channels.</param>
    /// <param name="withGram">Whether the Gram matrix (8·columns² bytes) is wanted as well.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    public LayerStatistics(int columns, bool withGram, WorkerPool? pool = null)
    {
        Channels = new ColumnStatistics(columns);
        _gram = withGram ? new GramAccumulator(columns, pool) : null;
    }

    public int Columns => Channels.Columns;

    /// <summary>The statistics by channel.</summary>
    public ColumnStatistics Channels { get; }

    public bool HasGram => _gram is not null;

    /// <summary>2/N: what ΣXᵀX is multiplied with to be SparseGPT's Hessian, N being sequences.</summary>
    public double HessianScale => 2.0 / Channels.SequenceCount;

    /// <summary>Adds tokens of the current sequence, rows of <see cref="Columns"/> values.</summary>
    public void Add(ReadOnlyMemory<float> tokens)
    {
        Channels.Add(tokens.Span);
        _gram?.Add(tokens);
    }

    /// <summary>Closes the current sequence.</summary>
    public void EndSequence() => Channels.EndSequence();

    /// <summary>ΣXᵀX, shared, not to be changed.</summary>
    /// <exception cref="InvalidOperationException">It was not asked for.</exception>
    public double[] Gram() =>
        _gram?.Gram() ?? throw new InvalidOperationException("These statistics were gathered without a Gram matrix.");

    /// <summary>What would have been gathered had each channel been divided by a number: after scales were folded into what makes the input.</summary>
    internal void DivideChannels(ReadOnlySpan<float> divisors)
    {
        Channels.DivideChannels(divisors);
        if (_gram is not null)
        {
            Quantization.AwqFolding.DivideGram(_gram.Gram(), divisors);
        }
    }
}
