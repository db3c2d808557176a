namespace Sparrow.Compression.Evaluation.Reports;

/// <summary>How large a model is.</summary>
/// <param name="Parameters">Values of all its tensors, zeros included.</param>
/// <param name="Bytes">Of its tensors as they are stored.</param>
/// <param name="Sparsity">Share of zeros among the values of the compressed matrices, 0 to 1; 0 where nobody has counted.</param>
public sealed record ModelSize(long Parameters, long Bytes, double Sparsity)
{
    /// <summary>Bits a parameter, scales, masks and everything that was left alone included.</summary>
    public double BitsPerWeight => Parameters == 0 ? 0 : 8.0 * Bytes / Parameters;
}
