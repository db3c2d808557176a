namespace Sparrow.Runtime.KvCache;

/// <summary>
/// The quantiser of sealed blocks, for one group of values: asymmetric with the minimum as offset, as KVTuner (arXiv 2502.04420) and KIVI
/// (arXiv 2402.02750) define it. s = max(max − min, 1e-5) / (2^bits − 1); code = clamp(round to even((x − min) / s), 0, 2^bits − 1);
/// x̂ = code · s + min.
/// </summary>
/// <remarks>
/// Codes are computed from scale and minimum as they are <em>stored</em>, so that rounding those to halves costs no second step of error. The floor
/// of the range keeps a constant group from dividing by nothing: it decodes to its constant. A value that is no number spoils its group, so that a
/// broken model shows.
/// </remarks>
internal static class KvGroupQuantizer
{
    private const float LeastRange = 1e-5f;
    private const float LargestHalf = 65504;

    /// <summary>Scale and minimum of a group, as they will be stored.</summary>
    /// <param name="minimum">Smallest value of the group.</param>
    /// <param name="maximum">Largest value.</param>
    /// <param name="bits">Bits of a code.</param>
    /// <param name="asHalves">Whether they are stored as halves.</param>
    public static (float Scale, float Minimum) Fit(float minimum, float maximum, int bits, bool asHalves)
    {
        float scale = MathF.Max(maximum - minimum, LeastRange) / ((1 << bits) - 1);
        return asHalves ? (ToHalf(scale), ToHalf(minimum)) : (scale, minimum);
    }

    /// <summary>The code of a value.</summary>
    public static int Encode(float x, float scale, float minimum, int bits) =>
        (int)Math.Clamp(MathF.Round((x - minimum) / scale), 0, (1 << bits) - 1);

    /// <summary>The value of a code.</summary>
    public static float Decode(int code, float scale, float minimum) => (code * scale) + minimum;

    private static float ToHalf(float x) => (float)(Half)Math.Clamp(x, -LargestHalf, LargestHalf);
}
