using System.Text.Json;

namespace Sparrow.Runtime.Loading;

/// <summary>
/// The JSON header of a safetensors file, read token by token, so that a hostile header costs no more memory than its entries. Offsets in
/// <see cref="Entries"/> count from the start of the data.
/// </summary>
internal sealed class SafetensorsHeaderParser(string path, int maximumDimensions)
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public List<SafetensorsEntry> Entries { get; } = [];

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <exception cref="JsonException">The text is not JSON.</exception>
    /// <exception cref="CheckpointException">It is, but does not describe tensors.</exception>
    public void Parse(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = CheckpointJson.MaximumDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new CheckpointException(path, "the header is no object", field: "header", expected: "a JSON object", found: Describe(ref reader));
        }

        while (ReadName(ref reader) is { } name)
        {
            if (!_names.Add(name))
            {
                throw new CheckpointException(
                    path, "the header names it more than once", tensor: CheckpointJson.Shorten(name), expected: "each tensor once", found: "twice");
            }

            if (name == "__metadata__")
            {
                ReadMetadata(ref reader);
            }
            else
            {
                Entries.Add(ReadEntry(ref reader, name));
            }
        }

        // Spaces may follow; anything else is an error, which the reader throws.
        reader.Read();
    }

    private static string? ReadName(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.EndObject ? null : ReadText(ref reader);
    }

    private static string ReadText(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            // An escape of half a surrogate pair is text that UTF-16 can hold but no file should.
            throw new JsonException(error.Message, null, 0, reader.TokenStartIndex, error);
        }
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new CheckpointException(path, "the metadata is no object", field: "__metadata__", expected: "an object of strings", found: Describe(ref reader));
        }

        while (ReadName(ref reader) is { } key)
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                throw new CheckpointException(
                    path,
                    $"metadata may hold only strings, '{CheckpointJson.Shorten(key)}' is none",
                    field: "__metadata__",
                    expected: "strings",
                    found: Describe(ref reader));
            }

            if (!Metadata.TryAdd(key, ReadText(ref reader)))
            {
                throw new CheckpointException(path, "metadata names a key more than once", field: "__metadata__", expected: "each key once", found: CheckpointJson.Shorten(key));
            }
        }
    }

    private SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        string shown = CheckpointJson.Shorten(name);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new CheckpointException(
                path, "the entry is no object", tensor: shown, expected: "dtype, shape, data_offsets", found: Describe(ref reader));
        }

        string? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (ReadName(ref reader) is { } field)
        {
            bool again;
            switch (field)
            {
                case "dtype":
                    reader.Read();
                    again = type is not null;
                    type = reader.TokenType == JsonTokenType.String
                        ? ReadText(ref reader)
                        : throw new CheckpointException(path, "the type is no string", tensor: shown, field: field, expected: "a string", found: Describe(ref reader));
                    break;
                case "shape":
                    again = shape is not null;
                    shape = ReadNumbers(ref reader, shown, field, maximumDimensions);
                    break;
                case "data_offsets":
                    again = offsets is not null;
                    offsets = ReadNumbers(ref reader, shown, field, 2);
                    break;
                default:
                    throw new CheckpointException(
                        path, "the entry has an unknown field", tensor: shown, expected: "dtype, shape, data_offsets", found: CheckpointJson.Shorten(field));
            }

            if (again)
            {
                throw new CheckpointException(path, "the entry has the field more than once", tensor: shown, field: field, expected: "once", found: "twice");
            }
        }

        if (type is null || shape is null || offsets is null)
        {
            string missing = type is null ? "dtype" : shape is null ? "shape" : "data_offsets";
            throw new CheckpointException(path, "the entry is incomplete", tensor: shown, expected: "dtype, shape, data_offsets", found: $"no {missing}");
        }

        return Check(name, shown, type, shape, offsets);
    }

    private SafetensorsEntry Check(string name, string shown, string type, long[] shape, long[] offsets)
    {
        int bits = BitsOf(type);
        if (bits == 0)
        {
            throw new CheckpointException(
                path, "the type is unknown", tensor: shown, field: "dtype", expected: "a safetensors dtype", found: CheckpointJson.Shorten(type));
        }

        if (offsets.Length != 2 || offsets[0] > offsets[1])
        {
            throw new CheckpointException(
                path,
                "the byte range is wrong",
                tensor: shown,
                field: "data_offsets",
                expected: offsets.Length != 2 ? "two numbers" : "start <= end",
                found: offsets.Length != 2 ? $"{offsets.Length}" : Join(offsets));
        }

        long bytes;
        try
        {
            long count = 1;
            foreach (long size in shape)
            {
                count = checked(count * size);
            }

            long total = checked(count * bits);
            bytes = total % 8 == 0 ? total / 8 : throw new OverflowException();
        }
        catch (OverflowException)
        {
            throw new CheckpointException(
                path, "the size in bytes is no number that fits", tensor: shown, field: "shape", expected: "a product that fits", found: Join(shape));
        }

        if (bytes != offsets[1] - offsets[0])
        {
            throw new CheckpointException(
                path,
                "the byte range does not fit type and shape",
                tensor: shown,
                field: "data_offsets",
                expected: $"{bytes} bytes for {Join(shape)} of {type}",
                found: $"{offsets[1] - offsets[0]} bytes at {Join(offsets)}");
        }

        return new SafetensorsEntry(name, type, shape, offsets[0], bytes);
    }

    private long[] ReadNumbers(ref Utf8JsonReader reader, string shown, string field, int maximumCount)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new CheckpointException(path, "the field is no list", tensor: shown, field: field, expected: "a list of numbers", found: Describe(ref reader));
        }

        List<long> numbers = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
            {
                throw new CheckpointException(
                    path, "the list holds something else than whole numbers from 0", tensor: shown, field: field, expected: "numbers >= 0", found: Describe(ref reader));
            }

            numbers.Add(number);
            if (numbers.Count > maximumCount)
            {
                throw new CheckpointException(
                    path, "the list is too long", tensor: shown, field: field, expected: maximumCount == 2 ? "two numbers" : $"at most {maximumCount}", found: $"{numbers.Count} or more");
            }
        }

        return [.. numbers];
    }

    /// <summary>Bits of one value; 0 for an unknown type. Which of them a model can use is decided later.</summary>
    private static int BitsOf(string type) => type switch
    {
        "F4" => 4,
        "F6_E2M3" or "F6_E3M2" => 6,
        "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" or "F8_E8M0" or "F8_E4M3FNUZ" or "F8_E5M2FNUZ" => 8,
        "I16" or "U16" or "F16" or "BF16" => 16,
        "I32" or "U32" or "F32" => 32,
        "I64" or "U64" or "F64" or "C64" => 64,
        _ => 0,
    };

    private static string Join(long[] numbers) => $"[{string.Join(',', numbers)}]";

    private static string Describe(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartArray => "an array",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.String => "a string",
        JsonTokenType.Null => "null",
        JsonTokenType.True or JsonTokenType.False => "a truth value",
        JsonTokenType.Number => CheckpointJson.Shorten(System.Text.Encoding.UTF8.GetString(reader.ValueSpan)),
        _ => reader.TokenType.ToString(),
    };
}
