namespace Sparrow.Compression.Training;

/// <summary>One linear of a block: weights, maybe a bias, maybe an adapter, and the gradients of what is trained.</summary>
internal sealed class LinearPart(string name, int rows, int columns, LinearWeights weights, float[]? bias)
{
    public string Name => name;

    public int Rows => rows;

    public int Columns => columns;

    /// <summary>Row-major [rows, columns].</summary>
    public LinearWeights Weights => weights;

    public float[]? Bias => bias;

    /// <summary>Null where the weights are frozen.</summary>
    public float[]? WeightGradient { get; set; }

    public float[]? BiasGradient { get; set; }

    public LoraAdapter? Adapter { get; set; }

    /// <summary>As A; null without an adapter.</summary>
    public float[]? GradientA { get; set; }

    /// <summary>As B; null without an adapter.</summary>
    public float[]? GradientB { get; set; }

    /// <summary>Whether something of it is trained.</summary>
    public bool IsTrained => WeightGradient is not null || GradientA is not null;

    /// <summary>The row in effect.</summary>
    public ReadOnlySpan<float> EffectiveRow(int row, Span<float> scratch)
    {
        ReadOnlySpan<float> line = weights.Row(row, scratch);
        if (Adapter is null)
        {
            return line;
        }

        line.CopyTo(scratch);
        Adapter.MergeRow(row, scratch);
        return scratch;
    }

    /// <summary>What an optimiser changes.</summary>
    public IEnumerable<TrainingParameter> Parameters()
    {
        if (WeightGradient is not null)
        {
            yield return new TrainingParameter(name, weights.Floats!, WeightGradient, Decays: true);
        }

        if (BiasGradient is not null)
        {
            yield return new TrainingParameter(name[..^"weight".Length] + "bias", bias!, BiasGradient, Decays: false);
        }

        if (Adapter is not null)
        {
            yield return new TrainingParameter(name + ".lora_A", Adapter.A, GradientA!, Decays: true);
            yield return new TrainingParameter(name + ".lora_B", Adapter.B, GradientB!, Decays: true);
        }
    }
}
