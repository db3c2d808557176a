namespace Sparrow.Compression.Allocation;

/// <summary>
/// EvoPress' levels: each step is a fixed number of weights, the same for every linear layer, so that one step up here and one down there leave the
/// total unchanged.
/// </summary>
public sealed class SparsityLevels
{
    /// <param name="sparsity">Sparsity at level 0.</param>
    /// <param name="weightsPerStep">Weights of a step.</param>
    /// <param name="reach">Most steps in either direction.</param>
    public SparsityLevels(double sparsity, long weightsPerStep, int reach = 8)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(weightsPerStep);
        ArgumentOutOfRangeException.ThrowIfNegative(reach);
        Sparsity = sparsity;
        WeightsPerStep = weightsPerStep;
        Reach = reach;
    }

    public double Sparsity { get; }

    public long WeightsPerStep { get; }

    public int Reach { get; }

    /// <summary>The published default: a square matrix of the model's width reaches half the way to 0 or 1.</summary>
    public static long DefaultWeightsPerStep(double sparsity, int hiddenSize, int reach = 8) =>
        Math.Max(1, (long)(0.5 * Math.Min(sparsity, 1 - sparsity) / reach * hiddenSize * hiddenSize));

    /// <summary>Sparsity of a linear layer at a level.</summary>
    public double At(int level, long weightCount) => Math.Clamp(Sparsity + ((double)level * WeightsPerStep / weightCount), 0, 1);

    /// <summary>The lowest level of a layer: beyond it a step would no longer move the whole number of weights.</summary>
    public int Lowest(long weightCount) => -(int)Math.Min(Reach, (long)((Sparsity * weightCount / WeightsPerStep) + 1e-9));

    /// <summary>The highest level of a layer.</summary>
    public int Highest(long weightCount) => (int)Math.Min(Reach, (long)(((1 - Sparsity) * weightCount / WeightsPerStep) + 1e-9));
}
