using System.Text.Json;

namespace Sparrow.Runtime.Loading;

/// <summary>An object of a config.json with typed access: every value that is used is checked, and a fault names its field.</summary>
/// <param name="file">For messages.</param>
/// <param name="json">The object.</param>
/// <param name="prefix">Path of the object inside the file, empty or ending with a dot.</param>
/// <param name="names">What the file calls some fields, by the name that is asked for.</param>
internal readonly struct ConfigSection(string file, JsonElement json, string prefix = "", IReadOnlyDictionary<string, string>? names = null)
{
    public string File => file;

    /// <summary>The same object, with some fields under other names; null: under their own.</summary>
    public ConfigSection Renamed(IReadOnlyDictionary<string, string>? fieldNames) => new(file, json, prefix, fieldNames);

    /// <summary>Whether the field is there and not null.</summary>
    public bool Has(string name) => TryGet(name, out _);

    public ConfigSection? FindSection(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Object
            ? new ConfigSection(file, value, $"{prefix}{name}.")
            : throw Wrong(name, "an object", value);
    }

    /// <summary>The members that are objects.</summary>
    public IEnumerable<ConfigSection> Sections()
    {
        List<ConfigSection> result = [];
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Object)
            {
                result.Add(new ConfigSection(file, property.Value, $"{prefix}{CheckpointJson.Shorten(property.Name)}."));
            }
        }

        return result;
    }

    public int GetInteger(string name, int minimum, int maximum = int.MaxValue) =>
        FindInteger(name, minimum, maximum) ?? throw Missing(name, "a whole number");

    public int? FindInteger(string name, int minimum, int maximum = int.MaxValue)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        return ToInteger(name, value, minimum, maximum);
    }

    public float GetFloat(string name, float minimum, float maximum) => FindFloat(name, minimum, maximum) ?? throw Missing(name, "a number");

    public float? FindFloat(string name, float minimum, float maximum)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        return ToFloat(name, value, minimum, maximum);
    }

    public bool? FindBool(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(name, "true or false", value),
        };
    }

    public string? FindString(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name, "a string", value);
    }

    public float[]? FindFloats(string name, float minimum, float maximum)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(name, "a list of numbers", value);
        }

        float[] result = new float[value.GetArrayLength()];
        int count = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            result[count++] = ToFloat(name, item, minimum, maximum);
        }

        return result;
    }

    public string[]? FindStrings(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(name, "a list of strings", value);
        }

        List<string> result = [];
        foreach (JsonElement item in value.EnumerateArray())
        {
            result.Add(item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Wrong(name, "a list of strings", item));
        }

        return [.. result];
    }

    /// <summary>A number or a list of numbers; empty where the field is missing.</summary>
    public int[] FindIntegers(string name, int minimum, int maximum = int.MaxValue)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            return [ToInteger(name, value, minimum, maximum)];
        }

        List<int> result = [];
        foreach (JsonElement item in value.EnumerateArray())
        {
            result.Add(ToInteger(name, item, minimum, maximum));
        }

        return [.. result];
    }

    public CheckpointException Missing(string name, string expected) =>
        new(file, "the field is missing", field: prefix + InFile(name), expected: expected, found: "absent or null");

    public CheckpointException Unsupported(string name, string supported, string found) =>
        new(file, "the value is not supported", field: prefix + InFile(name), expected: supported, found: CheckpointJson.Shorten(found));

    private string InFile(string name) => names?.GetValueOrDefault(name) ?? name;

    private bool TryGet(string name, out JsonElement value) =>
        json.TryGetProperty(InFile(name), out value) && value.ValueKind != JsonValueKind.Null;

    private int ToInteger(string name, JsonElement value, int minimum, int maximum)
    {
        // Some writers put 2048.0 for 2048.
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out double number) || number != Math.Floor(number))
        {
            throw Wrong(name, "a whole number", value);
        }

        return number >= minimum && number <= maximum ? (int)number : throw Wrong(name, $"a whole number from {minimum} to {maximum}", value);
    }

    private float ToFloat(string name, JsonElement value, float minimum, float maximum)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out double number))
        {
            throw Wrong(name, "a number", value);
        }

        return number >= minimum && number <= maximum ? (float)number : throw Wrong(name, $"a number from {minimum} to {maximum}", value);
    }

    private CheckpointException Wrong(string name, string expected, JsonElement found) =>
        new(file, "the value cannot be used", field: prefix + InFile(name), expected: expected, found: CheckpointJson.Describe(found));
}
