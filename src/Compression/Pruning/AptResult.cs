namespace Sparrow.Compression.Pruning;

/// <summary>What <see cref="AptCompensator"/> did.</summary>
/// <param name="Errors">(w − ŵ)H(w − ŵ)ᵀ by row, with the damped Hessian.</param>
/// <param name="InitialErrors">The same before, for the weights it started from.</param>
/// <param name="Iterations">Most iterations that a row took.</param>
public sealed record AptResult(double[] Errors, double[] InitialErrors, int Iterations);
