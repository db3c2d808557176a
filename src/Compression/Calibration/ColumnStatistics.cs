using System.Diagnostics;

namespace Sparrow.Compression.Calibration;

/// <summary>
/// Per input channel of a linear layer: what Wanda, OWL, DSnoT and AWQ ask of the calibration activations. Tokens arrive in batches; a sequence is closed
/// by <see cref="EndSequence"/>, because the definitions count sequences, not tokens.
/// </summary>
public sealed class ColumnStatistics
{
    private readonly double[] _squares;
    private readonly double[] _sums;
    private readonly double[] _weightedVariances;
    private readonly double[] _magnitudes;
    private readonly double[] _sequenceSquares;
    private readonly double[] _sequenceSums;
    private int _sequenceTokens;

    /// <param name="columns">Input channels.</param>
    public ColumnStatistics(int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        Columns = columns;
        _squares = new double[columns];
        _sums = new double[columns];
        _weightedVariances = new double[columns];
        _magnitudes = new double[columns];
        _sequenceSquares = new double[columns];
        _sequenceSums = new double[columns];
    }

    public int Columns { get; }

    /// <summary>Sequences that have been closed.</summary>
    public int SequenceCount { get; private set; }

    /// <summary>Tokens of the closed sequences.</summary>
    public long TokenCount { get; private set; }

    /// <summary>The first channel that saw NaN or an infinity; null: none did.</summary>
    public int? FirstNonFiniteColumn { get; private set; }

    /// <summary>Adds tokens of the current sequence.</summary>
    /// <param name="tokens">Rows of <see cref="Columns"/> values.</param>
    public void Add(ReadOnlySpan<float> tokens)
    {
        Debug.Assert(tokens.Length % Columns == 0, "A batch is whole tokens.");
        for (int start = 0; start < tokens.Length; start += Columns)
        {
            ReadOnlySpan<float> row = tokens.Slice(start, Columns);
            for (int column = 0; column < row.Length; column++)
            {
                double value = row[column];
                _sequenceSums[column] += value;
                _sequenceSquares[column] += value * value;
                _magnitudes[column] += Math.Abs(value);
            }
        }

        _sequenceTokens += tokens.Length / Columns;
    }

    /// <summary>Closes the current sequence. Does nothing where it has no tokens.</summary>
    public void EndSequence()
    {
        if (_sequenceTokens == 0)
        {
            return;
        }

        for (int column = 0; column < Columns; column++)
        {
            double sum = _sequenceSums[column];
            double squares = _sequenceSquares[column];
            if (!double.IsFinite(squares))
            {
                FirstNonFiniteColumn = Math.Min(column, FirstNonFiniteColumn ?? column);
            }

            _sums[column] += sum;
            _squares[column] += squares;

            // Rounding may push a constant channel a hair below 0.
            _weightedVariances[column] += Math.Max(0, squares - (sum * sum / _sequenceTokens));
        }

        Array.Clear(_sequenceSums);
        Array.Clear(_sequenceSquares);
        TokenCount += _sequenceTokens;
        SequenceCount++;
        _sequenceTokens = 0;
    }

    /// <summary>q: the mean over sequences of each channel's sum of squares (Wanda's <c>scaler_row</c>).</summary>
    public float[] SquaredNorms() => Scale(_squares, SequenceCount);

    /// <summary>m: the mean over sequences of each channel's sum over tokens, not its mean over tokens.</summary>
    public float[] SequenceSums() => Scale(_sums, SequenceCount);

    /// <summary>v: the variance within sequences, weighted by their tokens; what lies between the sequences' means is not in it.</summary>
    public float[] Variances() => Scale(_weightedVariances, TokenCount);

    /// <summary>The mean over tokens of each channel's magnitude, which AWQ's scales are powers of. Of closed sequences only.</summary>
    public float[] Magnitudes() => Scale(_magnitudes, TokenCount);

    /// <summary>What would have been gathered had each channel been divided by a number.</summary>
    internal void DivideChannels(ReadOnlySpan<float> divisors)
    {
        for (int column = 0; column < Columns; column++)
        {
            double divisor = divisors[column];
            _sums[column] /= divisor;
            _magnitudes[column] /= Math.Abs(divisor);
            _squares[column] /= divisor * divisor;
            _weightedVariances[column] /= divisor * divisor;
        }
    }

    private static float[] Scale(double[] values, long count)
    {
        if (count == 0)
        {
            throw new InvalidOperationException("No calibration sequence has been added.");
        }

        return Array.ConvertAll(values, value => (float)(value / count));
    }
}
