namespace Sparrow.Compression.Pruning;

/// <summary>
/// A row's grid of integer codes for pruning and quantising in one sweep. The zero point is a whole number inside the range, so 0 stays exactly 0 and
/// the mask survives.
/// </summary>
/// <param name="Scale">Width of a step.</param>
/// <param name="Zero">Code of 0.</param>
/// <param name="MaxCode">Largest code.</param>
public readonly record struct RowGrid(float Scale, float Zero, float MaxCode)
{
    /// <summary>The asymmetric grid over a row's range, which always includes 0.</summary>
    public static RowGrid Fit(ReadOnlySpan<float> row, int bits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 8);
        float low = 0;
        float high = 0;
        foreach (float value in row)
        {
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        if (low == 0 && high == 0)
        {
            (low, high) = (-1, 1);
        }

        float maxCode = (1 << bits) - 1;
        float scale = (high - low) / maxCode;
        return new RowGrid(scale, MathF.Round(-low / scale), maxCode);
    }

    /// <summary>The nearest value on the grid.</summary>
    public float Quantize(float value) => Scale * (Math.Clamp(MathF.Round(value / Scale) + Zero, 0, MaxCode) - Zero);
}
