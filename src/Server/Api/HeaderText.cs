using System.Text;

namespace Sparrow.Server.Api;

/// <summary>Makes text from a request or a file name fit for a response header.</summary>
internal static class HeaderText
{
    /// <summary>Keeps visible ASCII and escapes the rest, the percent sign and the comma as in a URL.</summary>
    public static string Escape(string text)
    {
        foreach (char character in text)
        {
            if (!IsPlain(character))
            {
                return EscapeSlowly(text);
            }
        }

        return text;
    }

    private static string EscapeSlowly(string text)
    {
        StringBuilder escaped = new();
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            if (IsPlain((char)value))
            {
                escaped.Append((char)value);
            }
            else
            {
                escaped.Append('%').Append(value.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return escaped.ToString();
    }

    private static bool IsPlain(char character) => character is > ' ' and < '\x7f' and not ('%' or ',' or '"');
}
