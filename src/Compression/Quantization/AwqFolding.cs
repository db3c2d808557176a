namespace Sparrow.Compression.Quantization;

/// <summary>
/// AWQ, second step: moves the found scales into the weights. A linear's columns are multiplied, and the operation that makes its input is divided, so
/// that the block computes what it did. Fold only into an operation whose output nobody else reads.
/// </summary>
public static class AwqFolding
{
    /// <summary>Multiplies the columns of a linear [rows, scales.Length]. Its bias stays.</summary>
    public static void ScaleColumns(Span<float> weights, ReadOnlySpan<float> scales)
    {
        for (int first = 0; first < weights.Length; first += scales.Length)
        {
            for (int i = 0; i < scales.Length; i++)
            {
                weights[first + i] *= scales[i];
            }
        }
    }

    /// <summary>Divides the gain of the norm before, and its bias.</summary>
    /// <param name="gain">γ as stored.</param>
    /// <param name="bias">The norm's bias, or empty.</param>
    /// <param name="scales">One a channel.</param>
    /// <param name="offset">What the model adds to the stored gain: 1 for norms that multiply by 1 + γ, else 0.</param>
    public static void DivideNorm(Span<float> gain, Span<float> bias, ReadOnlySpan<float> scales, float offset = 0)
    {
        for (int i = 0; i < gain.Length; i++)
        {
            gain[i] = ((gain[i] + offset) / scales[i]) - offset;
        }

        for (int i = 0; i < bias.Length; i++)
        {
            bias[i] /= scales[i];
        }
    }

    /// <summary>
    /// Divides the output rows of the linear before, and its bias. Where it makes more outputs than there are scales (query, key and value in one), the
    /// last rows are those that are read.
    /// </summary>
    /// <param name="weights">W, row-major [rows, columns].</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="bias">Its bias, or empty.</param>
    /// <param name="scales">One an output that is read.</param>
    public static void DivideRows(Span<float> weights, int columns, Span<float> bias, ReadOnlySpan<float> scales)
    {
        int first = (weights.Length / columns) - scales.Length;
        ArgumentOutOfRangeException.ThrowIfNegative(first, nameof(scales));
        for (int i = 0; i < scales.Length; i++)
        {
            foreach (ref float weight in weights.Slice((first + i) * columns, columns))
            {
                weight /= scales[i];
            }

            if (!bias.IsEmpty)
            {
                bias[first + i] /= scales[i];
            }
        }
    }

    /// <summary>The Gram matrix of inputs divided by the scales: what the folded linears will see, and what the clip search needs.</summary>
    public static void DivideGram(Span<double> gram, ReadOnlySpan<float> scales)
    {
        for (int row = 0; row < scales.Length; row++)
        {
            for (int column = 0; column < scales.Length; column++)
            {
                gram[(row * scales.Length) + column] /= (double)scales[row] * scales[column];
            }
        }
    }
}
