namespace Sparrow.Compression.Quantization;

/// <summary>
/// The values that one group can take: (code − <see cref="Zero"/>)·<see cref="Scale"/>, or code·<see cref="Scale"/> + <see cref="Minimum"/> where the
/// dialect stores minimums. Codes are unsigned in every dialect; signed ones are moved up by half their range.
/// </summary>
/// <remarks>All arithmetic is single precision in the order of the reference programs, so that their codes come out bit for bit.</remarks>
public readonly record struct QuantizationGrid
{
    // Below this a group counts as constant. The reference programs of dialects B and D use the same figure; A and C divide 0 by 0 instead.
    private const float SmallestRange = 1e-5f;

    private readonly QuantizationDialect _dialect;
    private readonly int _maxCode;

    private QuantizationGrid(QuantizationDialect dialect, int maxCode, float scale, float zero, float minimum)
    {
        _dialect = dialect;
        _maxCode = maxCode;
        Scale = scale;
        Zero = zero;
        Minimum = minimum;
    }

    public float Scale { get; }

    /// <summary>The code of 0, not whole in dialect C; 0 where there is a minimum.</summary>
    public float Zero { get; }

    /// <summary>The value of code 0 in dialect A, else 0.</summary>
    public float Minimum { get; }

    /// <summary>The grid of a group.</summary>
    /// <param name="values">The group, without what is pruned; where nothing is left the grid is that of zeros.</param>
    /// <param name="scheme">Bits and dialect.</param>
    /// <exception cref="ArgumentException">A value is not finite, or the scale exceeds what its format holds.</exception>
    public static QuantizationGrid Fit(ReadOnlySpan<float> values, QuantizationScheme scheme)
    {
        float low = float.PositiveInfinity;
        float high = float.NegativeInfinity;
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                throw new ArgumentException($"A value to quantise is {value}.", nameof(values));
            }

            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        if (low > high)
        {
            low = high = 0;
        }

        QuantizationGrid grid = FromRange(low, high, scheme);
        return scheme.SearchRange ? Search(values, scheme, grid) : grid;
    }

    /// <summary>A grid with a known scale and zero or minimum, such as one that was stored.</summary>
    public static QuantizationGrid Of(QuantizationScheme scheme, float scale, float zeroOrMinimum) =>
        scheme.HasMinimum
            ? new QuantizationGrid(scheme.Dialect, scheme.MaxCode, scale, 0, zeroOrMinimum)
            : new QuantizationGrid(scheme.Dialect, scheme.MaxCode, scale, zeroOrMinimum, 0);

    /// <summary>The nearest code, ties to even.</summary>
    public byte Encode(float value)
    {
        float code = _dialect switch
        {
            QuantizationDialect.MinOffset => MathF.Round((value - Minimum) / Scale),
            QuantizationDialect.FloatZero => MathF.Truncate((value / Scale) + Zero + 0.5f),

            // The program rounds after taking the zero away, in signed codes: ties fall to the even signed code.
            QuantizationDialect.RoundedZero => MathF.Round((value / Scale) - (Half - Zero)) + Half,
            _ => MathF.Round(value / Scale) + Zero,
        };
        return (byte)Math.Clamp(code, 0, _maxCode);
    }

    public float Decode(byte code) =>
        _dialect == QuantizationDialect.MinOffset ? (code * Scale) + Minimum : Scale * (code - Zero);

    /// <summary>The value that the grid has for another.</summary>
    public float Round(float value) => Decode(Encode(value));

    /// <summary>The code that stands in where a weight is pruned: the one of 0 where there is one.</summary>
    public byte CodeOfPruned =>
        _dialect is QuantizationDialect.MinOffset or QuantizationDialect.FloatZero ? Encode(0) : (byte)Math.Clamp(Zero, 0, _maxCode);

    private int Half => (_maxCode + 1) / 2;

    private static QuantizationGrid FromRange(float low, float high, QuantizationScheme scheme)
    {
        float steps = scheme.MaxCode;
        float half = (scheme.MaxCode + 1) / 2;
        float magnitude = Math.Max(Math.Abs(low), Math.Abs(high));
        switch (scheme.Dialect)
        {
            case QuantizationDialect.MinOffset:
                return Make(Stored(Guarded(low, high) / steps, scheme), 0, StoredValue(low, scheme));
            case QuantizationDialect.RoundedZero:
                float scale = Stored(Guarded(low, high) / steps, scheme);
                return Make(scale, -MathF.Round(low / scale), 0);
            case QuantizationDialect.FloatZero:
                scale = Stored(Guarded(low, high) / steps, scheme);
                return Make(scale, -low / scale, 0);
            case QuantizationDialect.IntegerZero:
                scale = Stored(Guarded(low, high) / steps, scheme);
                return Make(scale, Math.Clamp(-MathF.Round(low / scale), 0, steps), 0);
            case QuantizationDialect.IntegerZeroWithRange:
                (low, high) = (Math.Min(low, 0), Math.Max(high, 0));
                (low, high) = low == 0 && high == 0 ? (-1, 1) : (low, high);
                scale = Stored((high - low) / steps, scheme);
                return Make(scale, MathF.Round(-low / scale), 0);
            case QuantizationDialect.Symmetric:
                return Make(Stored((magnitude == 0 ? 2 : magnitude + magnitude) / steps, scheme), half, 0);
            case QuantizationDialect.SymmetricWhole:
                return Make(Stored(Math.Max(magnitude, SmallestRange) / (half - 1), scheme), half, 0);
            case QuantizationDialect.SymmetricGptq:
                float bottom = low < 0 ? -magnitude : 0;
                (bottom, magnitude) = magnitude == 0 ? (-1, 1) : (bottom, magnitude);
                return Make(Stored((magnitude - bottom) / steps, scheme), half, 0);
            default:
                throw new ArgumentException($"Unknown dialect {scheme.Dialect}.", nameof(scheme));
        }

        QuantizationGrid Make(float scale, float zero, float minimum) => new(scheme.Dialect, scheme.MaxCode, scale, zero, minimum);
    }

    private static QuantizationGrid Search(ReadOnlySpan<float> values, QuantizationScheme scheme, QuantizationGrid start)
    {
        // Codes 0 and m stand for −zero·s and (m − zero)·s before rounding of the zero, so shrinking the range is shrinking the scale.
        QuantizationGrid best = start;
        double least = double.PositiveInfinity;
        for (int step = 0; step < 80; step++)
        {
            float share = 1 - (step / 100f);
            QuantizationGrid grid = new(scheme.Dialect, scheme.MaxCode, Stored(start.Scale * share, scheme), start.Zero, 0);
            double error = GridError.Sum(values, grid.Scale, grid.Zero, scheme.MaxCode);
            if (error < least)
            {
                (least, best) = (error, grid);
            }
        }

        return best;
    }

    private static float Guarded(float low, float high) => Math.Max(high - low, SmallestRange);

    /// <summary>A scale as it will be read back; never 0, since a step of 0 has no codes.</summary>
    private static float Stored(float scale, QuantizationScheme scheme)
    {
        float stored = StoredValue(scale, scheme);
        return stored > 0 ? stored : scheme.ScalePrecision == ScalePrecision.Half ? (float)System.Half.Epsilon : float.Epsilon;
    }

    private static float StoredValue(float value, QuantizationScheme scheme)
    {
        float stored = scheme.ScalePrecision switch
        {
            ScalePrecision.Half => (float)(System.Half)value,
            ScalePrecision.BFloat16 => RoundToBFloat16(value),
            _ => value,
        };
        return float.IsFinite(stored)
            ? stored
            : throw new ArgumentException($"A scale or minimum of {value} is beyond the format {scheme.ScalePrecision}.", nameof(value));
    }

    private static float RoundToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }
}
