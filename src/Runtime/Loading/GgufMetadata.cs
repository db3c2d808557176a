namespace Sparrow.Runtime.Loading;

/// <summary>
/// The key-value part of a GGUF header. Values are <see cref="bool"/>, <see cref="string"/>, the number types, or arrays of these
/// (<c>string[]</c>, <c>float[]</c>, <c>int[]</c>, <c>uint[]</c>, …).
/// </summary>
/// <param name="file">The file it came from, for messages.</param>
/// <param name="values">The pairs.</param>
public sealed class GgufMetadata(string file, IReadOnlyDictionary<string, object> values)
{
    public string File { get; } = file;

    public IReadOnlyDictionary<string, object> Values { get; } = values;

    /// <summary>The value, or null where the key is missing.</summary>
    /// <exception cref="CheckpointException">The value has another type.</exception>
    public T? Find<T>(string key)
        where T : class
    {
        if (!Values.TryGetValue(key, out object? value))
        {
            return null;
        }

        return value as T ?? throw new CheckpointException(
            File, "metadata value has another type", field: key, expected: typeof(T).Name, found: value.GetType().Name);
    }

    /// <summary>An integer of any stored width, or null where the key is missing.</summary>
    /// <exception cref="CheckpointException">The value is no integer, or does not fit.</exception>
    public long? FindInteger(string key)
    {
        if (!Values.TryGetValue(key, out object? value))
        {
            return null;
        }

        return value switch
        {
            byte x => x,
            sbyte x => x,
            ushort x => x,
            short x => x,
            uint x => x,
            int x => x,
            long x => x,
            ulong x when x <= long.MaxValue => (long)x,
            _ => throw new CheckpointException(File, "metadata value is no integer that fits", field: key, expected: "an integer", found: $"{value.GetType().Name} {CheckpointJson.Shorten($"{value}")}"),
        };
    }

    /// <summary>A float of either width, or null where the key is missing.</summary>
    /// <exception cref="CheckpointException">The value is no float.</exception>
    public double? FindFloat(string key)
    {
        if (!Values.TryGetValue(key, out object? value))
        {
            return null;
        }

        return value switch
        {
            float x => x,
            double x => x,
            _ => throw new CheckpointException(File, "metadata value is no float", field: key, found: value.GetType().Name),
        };
    }

    /// <summary>A truth value, or null where the key is missing.</summary>
    /// <exception cref="CheckpointException">The value has another type.</exception>
    public bool? FindBool(string key)
    {
        if (!Values.TryGetValue(key, out object? value))
        {
            return null;
        }

        return value is bool x ? x : throw new CheckpointException(File, "metadata value is no bool", field: key, found: value.GetType().Name);
    }
}
