using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>The divisors of the rotary frequencies that GGUF stores as tensors.</summary>
internal static class GgufRopeFactors
{
    /// <summary>One divisor a pair of dimensions; none where the scaling has keys of its own.</summary>
    public static GgufRopeTensors Of(ModelConfig config)
    {
        RopeConfig rope = config.Rope;
        return rope switch
        {
            { Scaling: RopeScaling.LongRope, ShortFactors: { } shortFactors, LongFactors: { } longFactors } =>
                ReferenceEquals(shortFactors, longFactors) ? new GgufRopeTensors([.. longFactors]) : new GgufRopeTensors(null, [.. shortFactors], [.. longFactors]),
            { Scaling: RopeScaling.Llama3 } => new GgufRopeTensors(OfLlama3(config)),
            _ => new GgufRopeTensors(),
        };
    }

    /// <summary>The same as tensors of a file.</summary>
    public static IEnumerable<TensorToWrite> Tensors(ModelConfig config)
    {
        GgufRopeTensors factors = Of(config);
        return new[] { (GgufNames.RopeFrequencies, factors.Frequencies), (GgufNames.RopeShort, factors.Short), (GgufNames.RopeLong, factors.Long) }
            .Where(pair => pair.Item2 is not null)
            .Select(pair => new TensorToWrite(pair.Item1, [pair.Item2!.Length], CodecRegistry.F32, (_, bytes) => CodecRegistry.F32.Encode(pair.Item2!, bytes)));
    }

    // Llama 3.1: frequencies with short wavelengths stay, long ones are divided by the factor, between them the change is smooth.
    private static float[] OfLlama3(ModelConfig config)
    {
        RopeConfig rope = config.Rope;
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
