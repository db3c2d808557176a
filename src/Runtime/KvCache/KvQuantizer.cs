namespace Sparrow.Runtime.KvCache;

/// <summary>
/// The definition of quantised keys and values: what sealed blocks are made with. A group of values becomes codes of 8, 4 or 2 bits, a scale and a
/// minimum (KIVI, arXiv 2402.02750; KVTuner, arXiv 2502.04420): s = max(max − min, 1e-5) / (2^bits − 1); code = clamp(round to even((x − min) / s),
/// 0, 2^bits − 1); x̂ = code · s + min.
/// </summary>
/// <remarks>
/// <para>Per token, a group is channels of one token; per channel, it is tokens of one channel, so keys with a few large channels keep the others fine.</para>
/// <para>
/// Codes are computed from scale and minimum as they are <em>stored</em>, so that rounding those to halves costs no second step of error. The floor
/// of the range keeps a constant group from dividing by nothing, as the published programs do: it decodes to its constant. A value that is no number
/// spoils its group, so that a broken model shows.
/// </para>
/// </remarks>
public static class KvQuantizer
{
    private const float LeastRange = 1e-5f;
    private const float LargestHalf = 65504;

    /// <summary>Scale and minimum of a group, as they will be stored.</summary>
    /// <param name="minimum">Smallest value of the group.</param>
    /// <param name="maximum">Largest value.</param>
    /// <param name="bits">Bits of a code.</param>
    /// <param name="asHalves">Whether they are stored as halves; else they stay single, as in the published programs.</param>
    public static (float Scale, float Minimum) Fit(float minimum, float maximum, int bits, bool asHalves)
    {
        // The least range gives 255 codes a scale that still rounds to the smallest half, not to 0.
        float scale = MathF.Max(maximum - minimum, LeastRange) / ((1 << bits) - 1);
        return asHalves ? (ToHalf(scale), ToHalf(minimum)) : (scale, minimum);
    }

    /// <summary>The code of a value.</summary>
    public static int Encode(float x, float scale, float minimum, int bits) =>
        (int)Math.Clamp(MathF.Round((x - minimum) / scale), 0, (1 << bits) - 1);

    /// <summary>The value of a code.</summary>
    public static float Decode(int code, float scale, float minimum) => (code * scale) + minimum;

    /// <summary>Quantises one group.</summary>
    /// <param name="values">The group.</param>
    /// <param name="bits">8, 4 or 2.</param>
    /// <param name="codes">Receives a code a value.</param>
    /// <param name="half">Whether scale and minimum are stored as halves.</param>
    /// <returns>The scale and the minimum as stored.</returns>
    public static (float Scale, float Minimum) QuantizeGroup(ReadOnlySpan<float> values, int bits, Span<byte> codes, bool half = true)
    {
        if (bits is not (8 or 4 or 2))
        {
            throw new ArgumentOutOfRangeException(nameof(bits), bits, "Cached values have 8, 4 or 2 bits.");
        }

        float low = float.PositiveInfinity;
        float high = float.NegativeInfinity;
        foreach (float value in values)
        {
            low = MathF.Min(low, value);
            high = MathF.Max(high, value);
        }

        (float scale, float minimum) = Fit(low, high, bits, half);
        for (int i = 0; i < values.Length; i++)
        {
            codes[i] = (byte)Encode(values[i], scale, minimum, bits);
        }

        return (scale, minimum);
    }

    /// <summary>
    /// Quantises the channels of tokens in groups along the channels: values, and keys in per-token mode.
    /// </summary>
    /// <param name="values">Row-major [tokens, channels].</param>
    /// <param name="channels">Channels of a head.</param>
    /// <param name="group">Channels of a group; divides the channels.</param>
    /// <param name="bits">8, 4 or 2.</param>
    /// <param name="codes">Receives the codes, in the order of the values.</param>
    /// <param name="scales">Receives [tokens, channels / group].</param>
    /// <param name="minimums">Likewise.</param>
    /// <param name="half">Whether scales and minimums are stored as halves.</param>
    public static void QuantizePerToken(
        ReadOnlySpan<float> values, int channels, int group, int bits, Span<byte> codes, Span<float> scales, Span<float> minimums, bool half = true)
    {
        RequireDivides(group, channels);
        for (int index = 0; index < values.Length / group; index++)
        {
            (scales[index], minimums[index]) =
                QuantizeGroup(values.Slice(index * group, group), bits, codes.Slice(index * group, group), half);
        }
    }

    /// <summary>Quantises the channels of tokens in groups of consecutive tokens: keys in KIVI mode.</summary>
    /// <param name="values">Row-major [tokens, channels].</param>
    /// <param name="channels">Channels of a head.</param>
    /// <param name="group">Tokens of a group; divides the tokens.</param>
    /// <param name="bits">8, 4 or 2.</param>
    /// <param name="codes">Receives the codes, in the order of the values.</param>
    /// <param name="scales">Receives [tokens / group, channels].</param>
    /// <param name="minimums">Likewise.</param>
    /// <param name="half">Whether scales and minimums are stored as halves.</param>
    public static void QuantizePerChannel(
        ReadOnlySpan<float> values, int channels, int group, int bits, Span<byte> codes, Span<float> scales, Span<float> minimums, bool half = true)
    {
        RequireDivides(group, values.Length / channels);
        float[] column = new float[group];
        byte[] columnCodes = new byte[group];
        for (int index = 0; index < values.Length / group; index++)
        {
            (int block, int channel) = Math.DivRem(index, channels);
            int first = (block * group * channels) + channel;
            for (int token = 0; token < group; token++)
            {
                column[token] = values[first + (token * channels)];
            }

            (scales[index], minimums[index]) = QuantizeGroup(column, bits, columnCodes, half);
            for (int token = 0; token < group; token++)
            {
                codes[first + (token * channels)] = columnCodes[token];
            }
        }
    }

    private static float ToHalf(float x) => (float)(Half)Math.Clamp(x, -LargestHalf, LargestHalf);

    private static void RequireDivides(int group, int count)
    {
        if (group <= 0 || count % group != 0)
        {
            throw new ArgumentException($"A group of {group} does not divide {count}.", nameof(group));
        }
    }
}
