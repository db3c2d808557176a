namespace Sparrow.Runtime.Models.Layers;

/// <summary>
/// The angle that each pair of a head turns by from one position to the next, after the checkpoint's rope scaling, and the factor on cos and sin.
/// Rounded to float where Hugging Face rounds, since at far positions one unit in the last place of a frequency is seen.
/// </summary>
/// <param name="Angles">Angles of the pairs, in radians a position; half as many as dimensions that rotate.</param>
/// <param name="AttentionFactor">Multiplies cos and sin.</param>
internal sealed record RopeFrequencies(float[] Angles, float AttentionFactor)
{
    /// <param name="rope">The checkpoint's settings.</param>
    /// <param name="headSize">Values of a head.</param>
    /// <param name="modelContext">The checkpoint's max_position_embeddings.</param>
    /// <param name="servedContext">
    /// Longest sequence that will be run. Two scalings depend on a sequence's length (dynamic NTK, longrope); a cache that keeps rotated keys, and
    /// must give the same result for any chunking, needs one choice for all lengths, and makes it here: as the served context demands.
    /// </param>
    public static RopeFrequencies Create(RopeConfig rope, int headSize, int modelContext, int servedContext)
    {
        // The factor may be a quotient that was rounded down.
        int size = (int)((headSize * rope.PartialFactor) + 1e-3f);
        int original = rope.OriginalContextLength > 0 ? rope.OriginalContextLength : modelContext;
        float theta = rope.Scaling == RopeScaling.Dynamic && servedContext > modelContext
            ? DynamicTheta(rope, size)
            : rope.Theta;
        float[] angles = Plain(theta, size);
        float attentionFactor = 1;
        switch (rope.Scaling)
        {
            case RopeScaling.Linear:
                Divide(angles, rope.Factor);
                break;
            case RopeScaling.Llama3:
                ScaleLlama3(angles, rope, original);
                break;
            case RopeScaling.Yarn:
                ScaleYarn(angles, rope, size, original);
                attentionFactor = rope.AttentionFactor ?? YarnAttentionFactor(rope.Factor);
                break;
            case RopeScaling.LongRope:
                float factor = rope.Factor > 1 ? rope.Factor : (float)modelContext / original;
                attentionFactor = rope.AttentionFactor ?? LongRopeAttentionFactor(factor, original);
                break;
        }

        // GGUF files carry llama3's scaling as such factors too.
        IReadOnlyList<float>? factors = servedContext > original ? rope.LongFactors : rope.ShortFactors;
        if (factors is not null)
        {
            if (factors.Count != angles.Length)
            {
                throw new ArgumentException($"Rope scaling has {factors.Count} factors for {angles.Length} rotating pairs.", nameof(rope));
            }

            for (int i = 0; i < angles.Length; i++)
            {
                angles[i] = 1 / (factors[i] * Power(theta, i, size));
            }
        }

        return new RopeFrequencies(angles, attentionFactor);
    }

    private static float[] Plain(float theta, int size)
    {
        float[] angles = new float[size / 2];
        for (int i = 0; i < angles.Length; i++)
        {
            angles[i] = 1 / Power(theta, i, size);
        }

        return angles;
    }

    private static float Power(float theta, int pair, int size) => MathF.Pow(theta, 2f * pair / size);

    private static void Divide(float[] angles, float factor)
    {
        for (int i = 0; i < angles.Length; i++)
        {
            angles[i] /= factor;
        }
    }

    // NTK-aware scaling: the base of a sequence of modelContext × factor tokens, which the definition would reach at that length.
    private static float DynamicTheta(RopeConfig rope, int size) =>
        (float)(rope.Theta * Math.Pow((rope.Factor * rope.Factor) - (rope.Factor - 1), size / (size - 2.0)));

    // Long waves are slowed by the factor, short ones left alone, those between blended (Llama 3.1).
    private static void ScaleLlama3(float[] angles, RopeConfig rope, int original)
    {
        double longest = original / (double)rope.LowFrequencyFactor;
        double shortest = original / (double)rope.HighFrequencyFactor;
        for (int i = 0; i < angles.Length; i++)
        {
            double wave = 2 * Math.PI / angles[i];
            if (wave > longest)
            {
                angles[i] /= rope.Factor;
            }
            else if (wave >= shortest)
            {
                float smooth = (float)(((original / wave) - rope.LowFrequencyFactor) / (rope.HighFrequencyFactor - rope.LowFrequencyFactor));
                angles[i] = ((1 - smooth) * (angles[i] / rope.Factor)) + (smooth * angles[i]);
            }
        }
    }

    // YaRN (Peng et al., 2023): a ramp over the dimensions between those that turn betaFast and betaSlow times within the original context.
    private static void ScaleYarn(float[] angles, RopeConfig rope, int size, int original)
    {
        double low = Dimension(rope.BetaFast);
        double high = Dimension(rope.BetaSlow);
        if (rope.Truncate)
        {
            low = Math.Floor(low);
            high = Math.Ceiling(high);
        }

        low = Math.Max(low, 0);
        high = Math.Min(high, size - 1);
        if (low == high)
        {
            high += 0.001;
        }

        for (int i = 0; i < angles.Length; i++)
        {
            float keep = 1 - (float)Math.Clamp((i - low) / (high - low), 0, 1);
            angles[i] = (angles[i] / rope.Factor * (1 - keep)) + (angles[i] * keep);
        }

        double Dimension(double turns) => size * Math.Log(original / (turns * 2 * Math.PI)) / (2 * Math.Log(rope.Theta));
    }

    private static float YarnAttentionFactor(float factor) => factor <= 1 ? 1 : (float)((0.1 * Math.Log(factor)) + 1);

    // LongRoPE as Phi-3 has it.
    private static float LongRopeAttentionFactor(float factor, int original) =>
        factor <= 1 ? 1 : (float)Math.Sqrt(1 + (Math.Log(factor) / Math.Log(original)));
}
