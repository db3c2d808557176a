using System.Text.Json;
using System.Text.Unicode;

namespace Sparrow.Runtime.Loading;

/// <summary>Reads the small JSON files of a checkpoint, which may come from anybody: size and depth are bounded, duplicate keys refused.</summary>
internal static class CheckpointJson
{
    /// <summary>64 levels: no checkpoint of any family nests deeper than a dozen.</summary>
    public const int MaximumDepth = 64;

    // 64 MiB: the largest tokenizer.json around is about 35 MB; indexes and configs are far smaller.
    private const long MaximumFileBytes = 64L << 20;

    private static readonly byte[] s_lfsPointer = "version https://git-lfs"u8.ToArray();

    /// <summary>Reads a file whose root is an object.</summary>
    /// <exception cref="CheckpointException">Missing, too large, not JSON, or another root.</exception>
    public static JsonElement ReadObject(string path)
    {
        byte[] bytes = ReadBytes(path, MaximumFileBytes);
        return ParseObject(path, bytes);
    }

    /// <summary>Parses an object; the result does not refer to <paramref name="bytes"/>.</summary>
    public static JsonElement ParseObject(string path, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            throw new CheckpointException(path, "the file is empty", expected: "a JSON object", found: "an empty file");
        }

        if (IsLfsPointer(bytes.Span))
        {
            throw LfsPointer(path);
        }

        // Editors on Windows put a byte order mark in front; it says nothing.
        if (bytes.Span.StartsWith("\uFEFF"u8))
        {
            bytes = bytes[3..];
        }

        if (!Utf8.IsValid(bytes.Span))
        {
            throw new CheckpointException(path, "the text is not UTF-8", expected: "UTF-8");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(
                PythonNumbers.Quote(bytes), new JsonDocumentOptions { MaxDepth = MaximumDepth, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new CheckpointException(path, "the root is no object", expected: "a JSON object", found: Describe(document.RootElement));
            }

            return document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            throw new CheckpointException(
                path,
                $"not valid JSON at line {error.LineNumber + 1}, byte {error.BytePositionInLine}",
                expected: "a JSON object with each key once",
                found: FirstSentence(error.Message),
                inner: error);
        }
    }

    public static byte[] ReadBytes(string path, long maximumBytes)
    {
        try
        {
            FileInfo file = new(path);
            if (!file.Exists)
            {
                throw new CheckpointException(path, "no such file", expected: System.IO.Path.GetFileName(path), found: "no such file");
            }

            if (file.Length > maximumBytes)
            {
                throw new CheckpointException(path, "the file is too large", expected: $"at most {maximumBytes} bytes", found: $"{file.Length}");
            }

            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, "the file cannot be read", found: error.Message, inner: error);
        }
    }

    public static bool IsLfsPointer(ReadOnlySpan<byte> start) => start.StartsWith(s_lfsPointer);

    public static CheckpointException LfsPointer(string path) => new(
        path, "this is a git LFS pointer, not the file itself: fetch the real file (git lfs pull)", found: "a git LFS pointer");

    public static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => $"the string \"{Shorten(element.GetString()!)}\"",
        JsonValueKind.Null => "null",
        JsonValueKind.Undefined => "absent",
        _ => Shorten(element.GetRawText()),
    };

    /// <summary>Names from files go into messages; a message stays a line.</summary>
    public static string Shorten(string text) => text.Length <= 100 ? text : string.Concat(text.AsSpan(0, 100), "…");

    public static string FirstSentence(string message)
    {
        int end = message.IndexOf(". ", StringComparison.Ordinal);
        return Shorten(end < 0 ? message : message[..end]);
    }
}
