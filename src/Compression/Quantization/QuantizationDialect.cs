namespace Sparrow.Compression.Quantization;

/// <summary>
/// How a group's scale and zero follow from its values, with m = 2^bits − 1. Families of tools differ in the range, in what is rounded and in the
/// guard against constant groups; files and published figures fit only the dialect that made them.
/// </summary>
public enum QuantizationDialect
{
    /// <summary>A: code·s + minimum, s = (max − min)/m. KIVI, the KVTuner paper. A constant group decodes to its constant.</summary>
    MinOffset,

    /// <summary>B: the minimum is rounded to a whole number of steps, with no bound. The KVTuner program.</summary>
    RoundedZero,

    /// <summary>C: (code − z)·s with a real z = −min/s, rounded half up. lmdeploy and QServe caches.</summary>
    FloatZero,

    /// <summary>D: a whole zero point within the codes, range not widened to 0. AWQ. Groups far from 0 on one side saturate.</summary>
    IntegerZero,

    /// <summary>E: a whole zero point, the range always includes 0. GPTQ and compressed-tensors, asymmetric.</summary>
    IntegerZeroWithRange,

    /// <summary>F: symmetric, s = max|x|/(m/2); the positive extreme clips by half a step. compressed-tensors.</summary>
    Symmetric,

    /// <summary>G: symmetric, s = max|x|/(2^(bits−1) − 1). The KVTuner program.</summary>
    SymmetricWhole,

    /// <summary>
    /// F as the GPTQ program computes it: a group without negative values keeps the range [0, max], so what is above 7/15 of its maximum clips
    /// (at 4 bits). For comparison with that program only.
    /// </summary>
    SymmetricGptq,
}
