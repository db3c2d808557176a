namespace Sparrow.Compression.Quantization;

/// <summary>What <see cref="AwqScaleSearch"/> found.</summary>
/// <param name="Ratio">The exponent that lost least.</param>
/// <param name="Scales">Factor of each input channel of the linears, divisor of the operation before.</param>
/// <param name="Losses">The loss at exponent i/20; the first one is plain round-to-nearest, but for the extra weighting by weights.</param>
public sealed record AwqScales(float Ratio, float[] Scales, double[] Losses)
{
    public double BestLoss => Losses.Min();
}
