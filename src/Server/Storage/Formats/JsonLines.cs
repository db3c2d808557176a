using System.Text.Json;

namespace Sparrow.Server.Storage.Formats;

/// <summary>Calibration samples: one JSON object a line, with <c>text</c> or <c>messages</c>.</summary>
internal static class JsonLines
{
    // Enough to tell a wrong file at once; the job that uses it reads all of it.
    private const int CheckedBytes = 1 << 20;

    /// <exception cref="InvalidDataException">A line among the first is no sample; names it.</exception>
    public static void RequireSamples(Stream file)
    {
        byte[] bytes = new byte[CheckedBytes];
        int count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        ReadOnlySpan<byte> rest = bytes.AsSpan(0, count);
        for (int line = 1; !rest.IsEmpty; line++)
        {
            int end = rest.IndexOf((byte)'\n');
            if (end < 0 && count == CheckedBytes)
            {
                // The rest of this line was not read.
                return;
            }

            ReadOnlySpan<byte> text = (end < 0 ? rest : rest[..end]).Trim(" \r\t"u8);
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (!text.IsEmpty)
            {
                Require(text, line);
            }
        }
    }

    private static void Require(ReadOnlySpan<byte> text, int line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text.ToArray());
            JsonElement root = document.RootElement;
            bool isSample = root.ValueKind == JsonValueKind.Object
                && ((root.TryGetProperty("text", out JsonElement value) && value.ValueKind == JsonValueKind.String)
                    || (root.TryGetProperty("messages", out JsonElement messages) && messages.ValueKind == JsonValueKind.Array));
            if (!isSample)
            {
                throw new InvalidDataException($"line {line} has neither 'text' nor 'messages'.");
            }
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"line {line} is not valid JSON: {exception.Message}", exception);
        }
    }
}
