namespace Sparrow.Runtime.Models;

/// <summary>How a model norms its residual stream.</summary>
public enum NormKind
{
    /// <summary>By the root of the mean square.</summary>
    Rms,

    /// <summary>By mean and variance.</summary>
    Layer,
}
