using System.Globalization;
using System.Numerics;
using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>How one place of a format prints its value; shared by both of Python's ways to format.</summary>
internal sealed class FormatSpec
{
    // Digits after the point that .NET and Python print alike, and more than any template asks for.
    private const int MaxPrecision = 100;

    public char Fill { get; set; } = ' ';

    /// <summary><c>&lt;</c>, <c>&gt;</c>, <c>^</c>, <c>=</c>, or <c>\0</c>: the kind's own.</summary>
    public char Align { get; set; }

    /// <summary><c>+</c>, space, or <c>\0</c>.</summary>
    public char Sign { get; set; }

    public bool ZeroPad { get; set; }

    public bool Alternate { get; set; }

    /// <summary><c>,</c> or <c>_</c> between groups of three digits, or <c>\0</c>.</summary>
    public char Grouping { get; set; }

    public int Width { get; set; }

    public int? Precision { get; set; }

    /// <summary>Reads digits; null where there are none.</summary>
    public static int? ReadInteger(string text, ref int i)
    {
        int begin = i;
        while (i < text.Length && char.IsAsciiDigit(text[i]))
        {
            i++;
        }

        // More than nine digits are beyond every limit anyway.
        return i == begin ? null : i - begin > 9 ? 999_999_999 : int.Parse(text.AsSpan(begin, i - begin), CultureInfo.InvariantCulture);
    }

    public string FormatText(TemplateRun run, string text, char align)
    {
        StringValue value = new(text);
        if (Precision is { } most && most < value.CodePointCount)
        {
            value = (StringValue)Sequences.Slice(run, value, NoneValue.Instance, new IntValue(most), NoneValue.Instance);
        }

        return Pad(run, value.Value, Align == '\0' ? align : Align);
    }

    public string FormatInteger(TemplateRun run, BigInteger value, char kind)
    {
        BigInteger magnitude = BigInteger.Abs(value);
        string digits = kind switch
        {
            'x' => ToBase(magnitude, 16),
            'X' => ToBase(magnitude, 16).ToUpperInvariant(),
            'o' => ToBase(magnitude, 8),
            'b' => ToBase(magnitude, 2),
            _ => Group(magnitude.ToString(CultureInfo.InvariantCulture)),
        };
        string prefix = !Alternate || kind == 'd' ? "" : "0" + kind;
        if (Precision is { } least)
        {
            run.CheckLength(least);
            digits = digits.PadLeft(least, '0');
        }

        return PadNumber(run, value.Sign < 0, prefix + digits);
    }

    public string FormatFloat(TemplateRun run, double value, char kind)
    {
        bool isUpper = char.IsUpper(kind);
        if (!double.IsFinite(value))
        {
            string word = double.IsNaN(value) ? "nan" : "inf";
            ZeroPad = false;
            return PadNumber(run, value < 0, isUpper ? word.ToUpperInvariant() : word);
        }

        int precision = Math.Min(Precision ?? 6, MaxPrecision);
        double magnitude = Math.Abs(value);
        string digits = char.ToLowerInvariant(kind) switch
        {
            'e' => Exponent(magnitude, precision),
            'g' => General(magnitude, Math.Max(1, precision)),
            '%' => (magnitude * 100).ToString($"F{precision}", CultureInfo.InvariantCulture) + "%",
            _ => magnitude.ToString($"F{precision}", CultureInfo.InvariantCulture),
        };
        int point = digits.IndexOfAny(['.', 'e', '%']);
        digits = Group(point < 0 ? digits : digits[..point]) + (point < 0 ? "" : digits[point..]);
        return PadNumber(run, value < 0 || (value == 0 && double.IsNegative(value)), isUpper ? digits.ToUpperInvariant() : digits);
    }

    /// <summary>A number printed as <c>str()</c> prints it, with sign and width.</summary>
    public string FormatPlain(TemplateRun run, double value) => PadNumber(run, double.IsNegative(value), ValueText.Format(Math.Abs(value)));

    private static string Exponent(double magnitude, int precision)
    {
        string text = magnitude.ToString($"e{precision}", CultureInfo.InvariantCulture);
        int e = text.IndexOf('e');
        int exponent = int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return $"{text[..e]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    private string General(double magnitude, int precision)
    {
        string scientific = Exponent(magnitude, precision - 1);
        int e = scientific.IndexOf('e');
        int exponent = int.Parse(scientific.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        bool isScientific = magnitude != 0 && (exponent < -4 || exponent >= precision);
        string mantissa = isScientific
            ? scientific[..e]
            : magnitude.ToString($"F{Math.Max(0, precision - 1 - (magnitude == 0 ? 0 : exponent))}", CultureInfo.InvariantCulture);
        if (!Alternate && mantissa.Contains('.'))
        {
            mantissa = mantissa.TrimEnd('0').TrimEnd('.');
        }

        return isScientific ? mantissa + scientific[e..] : mantissa;
    }

    private static string ToBase(BigInteger value, int toBase)
    {
        if (value.IsZero)
        {
            return "0";
        }

        System.Text.StringBuilder digits = new();
        for (; !value.IsZero; value /= toBase)
        {
            digits.Insert(0, "0123456789abcdef"[(int)(value % toBase)]);
        }

        return digits.ToString();
    }

    private string Group(string digits)
    {
        if (Grouping == '\0' || !digits.All(char.IsAsciiDigit))
        {
            return digits;
        }

        System.Text.StringBuilder grouped = new();
        for (int i = 0; i < digits.Length; i++)
        {
            if (i > 0 && (digits.Length - i) % 3 == 0)
            {
                grouped.Append(Grouping);
            }

            grouped.Append(digits[i]);
        }

        return grouped.ToString();
    }

    private string PadNumber(TemplateRun run, bool isNegative, string digits)
    {
        string sign = isNegative ? "-" : Sign == '\0' ? "" : Sign.ToString();
        bool fillsInside = Align == '=' || (ZeroPad && Align == '\0');
        if (!fillsInside)
        {
            return Pad(run, sign + digits, Align == '\0' ? '>' : Align);
        }

        run.CheckLength(Width);
        return sign + digits.PadLeft(Math.Max(0, Width - sign.Length), ZeroPad ? '0' : Fill);
    }

    private string Pad(TemplateRun run, string text, char align) => align switch
    {
        '<' => StringMethods.Pad(run, new StringValue(text), Width, Fill, 0, 1).Value,
        '^' => StringMethods.Pad(run, new StringValue(text), Width, Fill, 1, 2).Value,
        _ => StringMethods.Pad(run, new StringValue(text), Width, Fill, 1, 1).Value,
    };
}
