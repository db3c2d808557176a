using System.Globalization;
using System.Text;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>Python's <c>strftime</c> in the C locale; <c>%-d</c> and its like leave out the padding.</summary>
internal static class Strftime
{
    public static string Format(string format, DateTimeOffset time)
    {
        StringBuilder result = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 >= format.Length)
            {
                result.Append(format[i]);
                continue;
            }

            bool isPlain = format[i + 1] == '-' && i + 2 < format.Length;
            char kind = format[i += isPlain ? 2 : 1];
            string? text = Directive(kind, time);
            if (text is null)
            {
                result.Append('%').Append(isPlain ? "-" : "").Append(kind);
                continue;
            }

            string bare = text.TrimStart('0', ' ');
            result.Append(isPlain && text.Length > 0 && char.IsAsciiDigit(text[^1]) ? (bare.Length == 0 ? "0" : bare) : text);
        }

        return result.ToString();
    }

    private static string? Directive(char kind, DateTimeOffset time) => kind switch
    {
        'Y' => Net(time, "yyyy"),
        'y' => Net(time, "yy"),
        'C' => Number(time.Year / 100, 2),
        'm' => Net(time, "MM"),
        'B' => Net(time, "MMMM"),
        'b' or 'h' => Net(time, "MMM"),
        'd' => Net(time, "dd"),
        'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'j' => Number(time.DayOfYear, 3),
        'A' => Net(time, "dddd"),
        'a' => Net(time, "ddd"),
        'w' => Number((int)time.DayOfWeek, 1),
        'u' => Number(time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek, 1),
        'H' => Net(time, "HH"),
        'I' => Net(time, "hh"),
        'M' => Net(time, "mm"),
        'S' => Net(time, "ss"),
        'f' => Net(time, "ffffff"),
        'p' => Net(time, "tt"),
        'Z' => "",
        'z' => "",
        's' => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        'D' or 'x' => Net(time, "MM'/'dd'/'yy"),
        'F' => Net(time, "yyyy'-'MM'-'dd"),
        'T' or 'X' => Net(time, "HH':'mm':'ss"),
        'R' => Net(time, "HH':'mm"),
        'r' => Net(time, "hh':'mm':'ss tt"),
        'c' => $"{Net(time, "ddd MMM")} {time.Day,2} {Net(time, "HH':'mm':'ss yyyy")}",
        'U' => Number((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7, 2),
        'W' => Number((time.DayOfYear + 6 - (((int)time.DayOfWeek + 6) % 7)) / 7, 2),
        'V' => Number(ISOWeek.GetWeekOfYear(time.DateTime), 2),
        'G' => Number(ISOWeek.GetYear(time.DateTime), 4),
        'n' => "\n",
        't' => "\t",
        '%' => "%",
        _ => null,
    };

    private static string Net(DateTimeOffset time, string format) => time.ToString(format, CultureInfo.InvariantCulture);

    private static string Number(int value, int width) => value.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0');
}
