using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>The divisors of the rotary frequencies that GGUF stores as <c>rope_freqs.weight</c>.</summary>
internal static class GgufRopeFactors
{
    /// <summary>One divisor a pair of dimensions, or null where the scaling has keys of its own.</summary>
    public static float[]? Of(ModelConfig config)
    {
        RopeConfig rope = config.Rope;
        if (rope.Scaling == RopeScaling.LongRope && ReferenceEquals(rope.ShortFactors, rope.LongFactors) && rope.LongFactors is not null)
        {
            return [.. rope.LongFactors];
        }

        if (rope.Scaling != RopeScaling.Llama3)
        {
            return null;
        }

        // Llama 3.1: frequencies with short wavelengths stay, long ones are divided by the factor, between them the change is smooth.
        int rotated = (int)(config.HeadSize * rope.PartialFactor);
        double longest = rope.OriginalContextLength / rope.LowFrequencyFactor;
        double shortest = rope.OriginalContextLength / rope.HighFrequencyFactor;
        float[] factors = new float[rotated / 2];
        for (int pair = 0; pair < factors.Length; pair++)
        {
            double wavelength = 2 * Math.PI * Math.Pow(rope.Theta, 2.0 * pair / rotated);
            if (wavelength < shortest)
            {
                factors[pair] = 1;
            }
            else if (wavelength > longest)
            {
                factors[pair] = rope.Factor;
            }
            else
            {
                double smooth = ((rope.OriginalContextLength / wavelength) - rope.LowFrequencyFactor) / (rope.HighFrequencyFactor - rope.LowFrequencyFactor);
                factors[pair] = (float)(1 / (((1 - smooth) / rope.Factor) + smooth));
            }
        }

        return factors;
    }
}
