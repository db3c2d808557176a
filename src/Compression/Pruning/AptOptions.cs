namespace Sparrow.Compression.Pruning;

/// <summary>When <see cref="AptCompensator"/> stops.</summary>
public sealed record AptOptions
{
    /// <summary>Residual that is small enough, relative to the right-hand side, in the norm of the inverse diagonal.</summary>
    public double Tolerance { get; init; } = 1e-4;

    /// <summary>Most iterations of a row.</summary>
    public int MaxIterations { get; init; } = 100;
}
