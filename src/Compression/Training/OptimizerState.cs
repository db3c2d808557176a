using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Training;

/// <summary>The moments of one parameter, and the rule that moves it.</summary>
internal sealed class OptimizerState(TrainingParameter parameter, TrainerOptions options)
{
    private const int Grain = 1 << 14;

    /// <summary>Running mean of gradients.</summary>
    public float[] First { get; } = new float[parameter.Values.Length];

    /// <summary>Running mean of their squares; Lion has none.</summary>
    public float[] Second { get; } = options.Optimizer == OptimizerKind.AdamW ? new float[parameter.Values.Length] : [];

    /// <summary>Moves the parameter.</summary>
    /// <param name="pool">Threads; values are independent of each other.</param>
    /// <param name="step">From 0.</param>
    /// <param name="rate">Learning rate.</param>
    /// <param name="gradientScale">Multiplies the gradient first: clipping.</param>
    public void Update(WorkerPool pool, int step, double rate, double gradientScale)
    {
        float decay = parameter.Decays ? (float)(1 - (rate * options.WeightDecay)) : 1;
        ParallelRows.Run(pool, parameter.Values.Length, Grain, (start, end) =>
        {
            if (options.Optimizer == OptimizerKind.AdamW)
            {
                UpdateAdam(start, end, step, rate, (float)gradientScale, decay);
            }
            else
            {
                UpdateLion(start, end, (float)rate, (float)gradientScale, decay);
            }
        });
    }

    private void UpdateAdam(int start, int end, int step, double rate, float gradientScale, float decay)
    {
        float beta1 = (float)options.Beta1;
        float beta2 = (float)(options.Beta2 ?? 0.999);
        float rise1 = 1 - beta1;
        float rise2 = 1 - beta2;

        // Both means begin at 0 and are too small at first by 1 − βᵗ.
        float size = (float)(rate / (1 - Math.Pow(options.Beta1, step + 1)));
        float correction = (float)(1 / Math.Sqrt(1 - Math.Pow(options.Beta2 ?? 0.999, step + 1)));
        float epsilon = (float)options.Epsilon;
        for (int i = start; i < end; i++)
        {
            float gradient = parameter.Gradient[i] * gradientScale;
            First[i] = (beta1 * First[i]) + (rise1 * gradient);
            Second[i] = (beta2 * Second[i]) + (rise2 * gradient * gradient);
            parameter.Values[i] = (parameter.Values[i] * decay) - (size * First[i] / ((MathF.Sqrt(Second[i]) * correction) + epsilon));
        }
    }

    private void UpdateLion(int start, int end, float rate, float gradientScale, float decay)
    {
        float beta1 = (float)options.Beta1;
        float beta2 = (float)(options.Beta2 ?? 0.99);
        for (int i = start; i < end; i++)
        {
            float gradient = parameter.Gradient[i] * gradientScale;
            float direction = (beta1 * First[i]) + ((1 - beta1) * gradient);
            First[i] = (beta2 * First[i]) + ((1 - beta2) * gradient);
            parameter.Values[i] = (parameter.Values[i] * decay) - (rate * (direction > 0 ? 1 : direction < 0 ? -1 : 0));
        }
    }
}
