namespace Sparrow.Compression.Training;

/// <summary>How gradients become steps.</summary>
public enum OptimizerKind
{
    /// <summary>Adam with decoupled weight decay (arXiv 1711.05101).</summary>
    AdamW,

    /// <summary>The sign of an interpolated momentum (arXiv 2302.06675); rates are about a tenth of AdamW's.</summary>
    Lion,
}
