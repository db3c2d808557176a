namespace Sparrow.Compression.Pruning;

/// <summary>Settings of <see cref="DsnotRefiner"/>.</summary>
public sealed record DsnotOptions
{
    /// <summary>Our default: the sign guard, and no row may end with a larger squared output error than it began with.</summary>
    public static DsnotOptions Guarded { get; } = new() { SignGuard = true, NeverWorse = true };

    /// <summary>
    /// The published code's. It refines attention only unless told otherwise; which layers are refined is the caller's choice.
    /// </summary>
    public static DsnotOptions Released { get; } = new();

    /// <summary>Most swaps of a row.</summary>
    public int MaxSwaps { get; init; } = 50;

    /// <summary>
    /// A row is left alone once its expected output error is this small. The error is summed over the tokens of a sequence, so the value goes with
    /// sequences of 2048 tokens and is to be scaled for others.
    /// </summary>
    public double Threshold { get; init; } = 0.1;

    /// <summary>Power of the variance that discounts noisy channels when growing; 0 turns it off.</summary>
    public double VariancePower { get; init; } = 1;

    /// <summary>Refuses a swap that turns the sign of the row's error. Always on for N:M masks.</summary>
    public bool SignGuard { get; init; }

    /// <summary>
    /// Where kept weights of the wanted sign are used up, goes on with those of the other sign, the most important first, as the published program does by
    /// walking on in its array; else the row stops. Few rows are concerned, but among them those that make massive activations.
    /// </summary>
    public bool WalksOn { get; init; }

    /// <summary>Undoes a row's swaps where they raise its squared error by the Gram matrix; needs that matrix.</summary>
    public bool NeverWorse { get; init; }
}
