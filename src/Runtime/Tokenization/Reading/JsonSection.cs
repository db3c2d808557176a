using System.Text.Json;
using Sparrow.Runtime.Loading;

namespace Sparrow.Runtime.Tokenization.Reading;

/// <summary>A JSON object of a tokenizer file with its path, so that what is wrong can be named.</summary>
/// <param name="file">The file.</param>
/// <param name="path">Where the object stands: <c>pre_tokenizer.pretokenizers[1]</c>.</param>
/// <param name="element">The object.</param>
internal readonly struct JsonSection(string file, string path, JsonElement element)
{
    public string Path { get; } = path;

    public JsonElement Element { get; } = element;

    /// <summary>The kind that the object names.</summary>
    public string Type => Text("type");

    public bool Has(string name) =>
        Element.ValueKind == JsonValueKind.Object && Element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    public string Text(string name) => OptionalText(name) ?? throw Fail("is missing", name, "a text");

    public string? OptionalText(string name)
    {
        JsonElement? value = Find(name);
        return value is null ? null
            : value.Value.ValueKind == JsonValueKind.String ? value.Value.GetString()
            : throw Fail("has another type", name, "a text", value.Value.ValueKind.ToString());
    }

    public bool Flag(string name, bool otherwise) => OptionalFlag(name) ?? otherwise;

    public bool? OptionalFlag(string name)
    {
        JsonElement? value = Find(name);
        return value is null ? null : value.Value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Fail("has another type", name, "true or false", value.Value.ValueKind.ToString()),
        };
    }

    public int Integer(string name) => Find(name) is JsonElement value && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
        ? number
        : throw Fail("is missing or no integer", name, "an integer");

    public JsonSection Child(string name)
    {
        JsonElement value = Find(name) ?? throw Fail("is missing", name, "an object");
        return value.ValueKind == JsonValueKind.Object
            ? new JsonSection(file, $"{Path}.{name}", value)
            : throw Fail("has another type", name, "an object", value.ValueKind.ToString());
    }

    public IEnumerable<JsonSection> Children(string name)
    {
        JsonElement value = Find(name) ?? throw Fail("is missing", name, "an array");
        return value.ValueKind == JsonValueKind.Array
            ? Items(file, $"{Path}.{name}", value)
            : throw Fail("has another type", name, "an array", value.ValueKind.ToString());
    }

    /// <summary>The objects of an array.</summary>
    public static IEnumerable<JsonSection> Items(string file, string path, JsonElement array)
    {
        int index = 0;
        foreach (JsonElement item in array.EnumerateArray())
        {
            string itemPath = $"{path}[{index++}]";
            yield return item.ValueKind == JsonValueKind.Object
                ? new JsonSection(file, itemPath, item)
                : throw new CheckpointException(file, "has another type", field: itemPath, expected: "an object", found: item.ValueKind.ToString());
        }
    }

    public CheckpointException Fail(string reason, string? name = null, string? expected = null, string? found = null) =>
        new(file, reason, field: name is null ? Path : $"{Path}.{name}", expected: expected, found: found);

    /// <summary>The refusal of a kind that we do not have.</summary>
    public CheckpointException Unsupported(string what) => Fail($"this {what} is not supported", "type", found: Type);

    private JsonElement? Find(string name) => Has(name) ? Element.GetProperty(name) : null;
}
