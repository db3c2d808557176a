namespace Sparrow.Runtime.KvCache;

/// <summary>
/// The definition of quantised keys and values, in plain loops: what cache codecs are compared with. A group of values becomes codes of 8, 4 or 2 bits,
/// a scale and a minimum: x̂ = code·scale + minimum (KIVI, arXiv 2402.02750; KVTuner, arXiv 2502.04420).
/// </summary>
/// <remarks>
/// <para>Per token, a group is channels of one token; per channel, it is tokens of one channel, so keys with a few large channels keep the others fine.</para>
/// <para>
/// Scale and minimum are rounded to halves first and codes computed from what was stored, so a code is the nearest one to what a reader decodes. A
/// group narrower than 1e-5 gets that width: the published programs divide 0 by 0 there.
/// </para>
/// </remarks>
public static class KvQuantizer
{
    private const float SmallestRange = 1e-5f;

    /// <summary>Quantises one group.</summary>
    /// <param name="values">The group.</param>
    /// <param name="bits">8, 4 or 2.</param>
    /// <param name="codes">Receives a code a value.</param>
    /// <param name="half">Whether scale and minimum are stored as halves; else they stay single, as in the published programs.</param>
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
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        float maxCode = (1 << bits) - 1;
        float scale = Math.Max(high - low, SmallestRange) / maxCode;
        if (half)
        {
            // The smallest half above 0 keeps the division defined; a larger step than asked for only makes codes smaller.
            scale = Math.Max((float)(Half)scale, (float)Half.Epsilon);
            low = (float)(Half)low;
        }

        for (int i = 0; i < values.Length; i++)
        {
            codes[i] = (byte)Math.Clamp(MathF.Round((values[i] - low) / scale), 0, maxCode);
        }

        return (scale, low);
    }

    /// <summary>The value of a code.</summary>
    public static float Dequantize(byte code, float scale, float minimum) => (code * scale) + minimum;

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

    private static void RequireDivides(int group, int count)
    {
        if (group <= 0 || count % group != 0)
        {
            throw new ArgumentException($"A group of {group} does not divide {count}.", nameof(group));
        }
    }
}
