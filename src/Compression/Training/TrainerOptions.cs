namespace Sparrow.Compression.Training;

/// <summary>How a model is trained.</summary>
public sealed record TrainerOptions
{
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.AdamW;

    public double LearningRate { get; init; } = 1e-3;

    public RateSchedule Schedule { get; init; } = RateSchedule.Linear;

    /// <summary>Share of the steps in which the rate rises in a straight line.</summary>
    public double WarmUpShare { get; init; } = 0.1;

    /// <summary>Share of a value that a step at rate 1 takes away; matrices only.</summary>
    public double WeightDecay { get; init; }

    public double Beta1 { get; init; } = 0.9;

    /// <summary>Null: 0.999 for AdamW, 0.99 for Lion.</summary>
    public double? Beta2 { get; init; }

    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Longer gradients are scaled to this length; null: never.</summary>
    public double? ClipNorm { get; init; } = 1;

    /// <summary>The rate of a step.</summary>
    /// <param name="step">From 0.</param>
    /// <param name="stepCount">All steps.</param>
    public double RateAt(int step, int stepCount)
    {
        int warmUp = (int)Math.Round(WarmUpShare * stepCount);
        if (step < warmUp)
        {
            return LearningRate * (step + 1) / warmUp;
        }

        double done = (double)(step - warmUp) / Math.Max(1, stepCount - warmUp);
        return Schedule switch
        {
            RateSchedule.Linear => LearningRate * (1 - done),
            RateSchedule.Cosine => LearningRate * 0.5 * (1 + Math.Cos(Math.PI * done)),
            _ => LearningRate,
        };
    }
}
