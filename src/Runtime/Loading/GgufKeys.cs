namespace Sparrow.Runtime.Loading;

/// <summary>The keys of a file's architecture with typed access: every value that is used is checked, and a fault names its key.</summary>
/// <param name="metadata">The metadata.</param>
/// <param name="architecture">What the keys begin with.</param>
internal sealed class GgufKeys(GgufMetadata metadata, string architecture)
{
    public GgufMetadata Metadata => metadata;

    public string this[string name] => $"{architecture}.{name}";

    public int GetInteger(string name, long minimum, long maximum) => FindInteger(name, minimum, maximum) ?? throw Missing(name, "an integer");

    public int? FindInteger(string name, long minimum, long maximum)
    {
        if (metadata.FindInteger(this[name]) is not { } value)
        {
            return null;
        }

        return value >= minimum && value <= maximum ? (int)value : throw OutOfRange(name, $"{minimum} to {maximum}", $"{value}");
    }

    public float GetFloat(string name, double minimum, double maximum) => FindFloat(name, minimum, maximum) ?? throw Missing(name, "a float");

    public float? FindFloat(string name, double minimum, double maximum)
    {
        if (metadata.FindFloat(this[name]) is not { } value)
        {
            return null;
        }

        return value >= minimum && value <= maximum ? (float)value : throw OutOfRange(name, $"{minimum} to {maximum}", $"{value}");
    }

    /// <summary>A number that is not used where it is 0, as writers put it for "none".</summary>
    public float? FindScale(string name, double minimum, double maximum) =>
        metadata.FindFloat(this[name]) is 0 ? null : FindFloat(name, minimum, maximum);

    public bool? FindBool(string name) => metadata.FindBool(this[name]);

    public string? FindString(string name) => metadata.Find<string>(this[name]);

    public CheckpointException Missing(string name, string expected) => GgufConfig.Missing(metadata, this[name], expected);

    public CheckpointException Unsupported(string name, string supported, string found) =>
        new(metadata.File, "the value is not supported", field: this[name], expected: supported, found: CheckpointJson.Shorten(found));

    private CheckpointException OutOfRange(string name, string expected, string found) =>
        new(metadata.File, $"{this[name]} is out of range", field: this[name], expected: expected, found: found);
}
