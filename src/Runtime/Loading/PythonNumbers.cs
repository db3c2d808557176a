namespace Sparrow.Runtime.Loading;

/// <summary>
/// Python writes the bare words NaN and Infinity into JSON, and files on the hub have them (mamba2's config.json). Put in quotes they are JSON, and
/// a field that should be a number is refused by its name, not the file as a whole.
/// </summary>
internal static class PythonNumbers
{
    private static readonly byte[][] s_words = ["-Infinity"u8.ToArray(), "Infinity"u8.ToArray(), "NaN"u8.ToArray()];

    /// <summary>The same bytes where there is no such word outside of strings.</summary>
    public static ReadOnlyMemory<byte> Quote(ReadOnlyMemory<byte> json)
    {
        ReadOnlySpan<byte> text = json.Span;
        if (text.IndexOf("Infinity"u8) < 0 && text.IndexOf("NaN"u8) < 0)
        {
            return json;
        }

        MemoryStream result = new(text.Length + 64);
        bool inString = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (inString && text[i] == (byte)'\\' && i + 1 < text.Length)
            {
                result.WriteByte(text[i++]);
            }
            else if (text[i] == (byte)'"')
            {
                inString = !inString;
            }
            else if (!inString && WordAt(text[i..]) is { } word)
            {
                result.WriteByte((byte)'"');
                result.Write(word);
                result.WriteByte((byte)'"');
                i += word.Length - 1;
                continue;
            }

            result.WriteByte(text[i]);
        }

        return result.ToArray();
    }

    private static byte[]? WordAt(ReadOnlySpan<byte> text)
    {
        foreach (byte[] word in s_words)
        {
            if (text.StartsWith(word))
            {
                return word;
            }
        }

        return null;
    }
}
