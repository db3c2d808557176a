using System.Text.Json;
using Sparrow.Runtime.Loading;

namespace Sparrow.Runtime.KvCache;

/// <summary>
/// A profile as JSON: <c>{"mode": "per_token" | "kivi", "pairs": [[8, 4], …]}</c> with one [K bits, V bits] a layer. It may name <c>value_group</c>
/// (channels of a group of values, a multiple of 16, or <c>"head"</c>), <c>scale_bits</c> (16 or 32), <c>source</c> (text) and <c>cost</c> (an
/// object of numbers).
/// </summary>
public static class KvProfileFile
{
    private const string BitsInWords = "32, 16, 8, 4 or 2";

    private static readonly string[] s_members = ["mode", "pairs", "value_group", "scale_bits", "source", "cost"];

    /// <summary>Reads a profile for a model of so many layers.</summary>
    /// <exception cref="CheckpointException">The file cannot be read or is no such profile; the message names field, expected and found.</exception>
    public static KvProfile Read(string path, int layerCount)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return Read(document.RootElement, path, layerCount);
        }
        catch (JsonException exception)
        {
            throw new CheckpointException(path, "this is not JSON", expected: "a KV profile", found: exception.Message, inner: exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, "the KV profile cannot be read", found: exception.Message, inner: exception);
        }
    }

    /// <summary>Writes a profile so that <see cref="Read(string, int)"/> gives it back.</summary>
    public static void Write(string path, KvProfile profile)
    {
        using FileStream stream = File.Create(path);
        using Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteString("mode", profile.ModeName);
        if (profile.ValueGroup == 0)
        {
            writer.WriteString("value_group", "head");
        }
        else
        {
            writer.WriteNumber("value_group", profile.ValueGroup);
        }

        writer.WriteNumber("scale_bits", profile.ScaleBits);
        if (profile.Source is not null)
        {
            writer.WriteString("source", profile.Source);
        }

        if (profile.Cost is not null)
        {
            writer.WriteStartObject("cost");
            foreach ((string name, double value) in profile.Cost)
            {
                writer.WriteNumber(name, value);
            }

            writer.WriteEndObject();
        }

        writer.WriteStartArray("pairs");
        foreach (KvPair pair in profile.Pairs)
        {
            writer.WriteStartArray();
            writer.WriteNumberValue(pair.KeyBits);
            writer.WriteNumberValue(pair.ValueBits);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static KvProfile Read(JsonElement root, string path, int layerCount)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(path, "this is no KV profile", expected: "an object", found: root.ValueKind.ToString());
        }

        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (!s_members.Contains(property.Name))
            {
                throw new CheckpointException(path, "a KV profile has no such member", field: property.Name, expected: string.Join(", ", s_members));
            }
        }

        KvQuantizerMode mode = Member(root, "mode") is not { } name ? throw Wrong(path, "mode", "per_token or kivi", null)
            : IsText(name, "per_token") ? KvQuantizerMode.PerToken
            : IsText(name, "kivi") ? KvQuantizerMode.Kivi
            : throw Wrong(path, "mode", "per_token or kivi", name);
        int valueGroup = 0;
        if (Member(root, "value_group") is { } group)
        {
            valueGroup = IsText(group, "head") ? 0
                : Integer(group) is int channels && channels > 0 && channels % 16 == 0 ? channels
                : throw Wrong(path, "value_group", "a positive multiple of 16, or \"head\"", group);
        }

        int scaleBits = 16;
        if (Member(root, "scale_bits") is { } bits)
        {
            scaleBits = Integer(bits) is 16 or 32 ? bits.GetInt32() : throw Wrong(path, "scale_bits", "16 or 32", bits);
        }

        return new KvProfile(Path.GetFileName(path), ReadPairs(root, path, layerCount))
        {
            Mode = mode,
            ValueGroup = valueGroup,
            ScaleBits = scaleBits,
            Source = Member(root, "source") is not { } source ? null
                : source.ValueKind == JsonValueKind.String ? source.GetString()
                : throw Wrong(path, "source", "text", source),
            Cost = Member(root, "cost") is { } cost ? ReadCost(cost, path) : null,
        };
    }

    private static KvPair[] ReadPairs(JsonElement root, string path, int layerCount)
    {
        if (Member(root, "pairs") is not { ValueKind: JsonValueKind.Array } list)
        {
            throw Wrong(path, "pairs", "an array of [K bits, V bits], one a layer", Member(root, "pairs"));
        }

        if (list.GetArrayLength() != layerCount)
        {
            throw new CheckpointException(
                path, "the profile is for another number of layers", field: "pairs", expected: $"{layerCount} pairs", found: $"{list.GetArrayLength()}");
        }

        KvPair[] pairs = new KvPair[layerCount];
        for (int i = 0; i < pairs.Length; i++)
        {
            JsonElement pair = list[i];
            if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2)
            {
                throw Wrong(path, $"pairs[{i}]", "[K bits, V bits]", pair);
            }

            pairs[i] = new KvPair(ReadBits(pair[0], path, i, 0), ReadBits(pair[1], path, i, 1));
        }

        return pairs;
    }

    private static int ReadBits(JsonElement bits, string path, int layer, int side) =>
        Integer(bits) is int value && KvPair.KnownBits.Contains(value) ? value : throw Wrong(path, $"pairs[{layer}][{side}]", BitsInWords, bits);

    private static Dictionary<string, double> ReadCost(JsonElement cost, string path)
    {
        if (cost.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(path, "cost", "an object of numbers", cost);
        }

        Dictionary<string, double> figures = [];
        foreach (JsonProperty figure in cost.EnumerateObject())
        {
            figures[figure.Name] = figure.Value.ValueKind == JsonValueKind.Number
                ? figure.Value.GetDouble()
                : throw Wrong(path, $"cost.{figure.Name}", "a number", figure.Value);
        }

        return figures;
    }

    private static JsonElement? Member(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value) ? value : null;

    private static bool IsText(JsonElement element, string text) => element.ValueKind == JsonValueKind.String && element.ValueEquals(text);

    private static int? Integer(JsonElement element) => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) ? value : null;

    private static CheckpointException Wrong(string path, string field, string expected, JsonElement? found) =>
        new(path, found is null ? "the member is missing" : "the member cannot be used", field: field, expected: expected, found: Shorten(found?.GetRawText()));

    private static string? Shorten(string? text) => text is { Length: > 60 } ? text[..60] + "…" : text;
}
