using System.Globalization;
using System.Text.Json;
using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Api.Parameters;

/// <summary>
/// A JSON object of a request, read member by member. Every read takes the member away, so that what is left at the end is what nobody knows
/// (G-5). A member that is null counts as absent, as the official clients send null for what is unset.
/// </summary>
internal sealed class RequestObject
{
    private const int ShownCharacters = 40;

    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private readonly List<string> _ignored = [];
    private readonly string _path;

    /// <param name="element">An object.</param>
    /// <param name="path">Where it stands in the body: empty for the body itself, else such as <c>messages[2]</c>.</param>
    /// <exception cref="ApiException">400 <c>invalid_type</c> where the element is no object.</exception>
    public RequestObject(JsonElement element, string path)
    {
        _path = path;
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw path.Length == 0
                ? ApiException.Invalid("invalid_type", $"The request body must be a JSON object, but is {Describe(element)}.")
                : WrongType(path, "an object", element);
        }

        foreach (JsonProperty property in element.EnumerateObject())
        {
            _members[NameOf(property)] = property.Value;
        }
    }

    /// <summary>Members that no one has taken.</summary>
    public IEnumerable<string> Rest => _members.Keys;

    /// <summary>Paths of the members that no one has taken, those of inner objects included.</summary>
    public IEnumerable<string> Ignored => _members.Keys.Select(PathOf).Concat(_ignored);

    public string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    /// <summary>Whether a member is there that was not taken, null or not.</summary>
    public bool Has(string name) => _members.ContainsKey(name);

    /// <summary>Takes a member; false where it is absent or null.</summary>
    public bool TryTake(string name, out JsonElement value) =>
        _members.Remove(name, out value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>Counts what is left of an inner object among what is left of this one.</summary>
    public void Ignore(RequestObject inner) => _ignored.AddRange(inner.Ignored);

    /// <exception cref="ApiException">400 <c>missing_required_parameter</c>.</exception>
    public JsonElement TakeRequired(string name) =>
        TryTake(name, out JsonElement value)
            ? value
            : throw ApiException.Invalid("missing_required_parameter", $"Missing required parameter: '{PathOf(name)}'.", PathOf(name));

    public bool? TakeBoolean(string name)
    {
        if (!TryTake(name, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw WrongType(PathOf(name), "a boolean", value),
        };
    }

    public string? TakeString(string name, int minLength = 0, int maxLength = int.MaxValue)
    {
        if (!TryTake(name, out JsonElement value))
        {
            return null;
        }

        string text = Text(value, PathOf(name));
        return text.Length >= minLength && text.Length <= maxLength
            ? text
            : throw ApiException.Invalid(
                "invalid_value",
                $"Invalid value for '{PathOf(name)}': expected {minLength} to {maxLength} characters, got {text.Length}.",
                PathOf(name));
    }

    public long? TakeInteger(string name, long min, long max) =>
        TryTake(name, out JsonElement value) ? Integer(value, PathOf(name), min, max) : null;

    /// <param name="name">Member.</param>
    /// <param name="min">Least value.</param>
    /// <param name="max">Greatest value.</param>
    /// <param name="aboveMin">Whether the least value itself is outside.</param>
    public float? TakeNumber(string name, double min, double max, bool aboveMin = false) =>
        TryTake(name, out JsonElement value) ? (float)Number(value, PathOf(name), min, max, aboveMin) : null;

    public static long Integer(JsonElement value, string path, long min, long max)
    {
        if (value.ValueKind != JsonValueKind.Number)
        {
            throw WrongType(path, "an integer", value);
        }

        if (value.TryGetInt64(out long integer))
        {
            return integer >= min && integer <= max ? integer : throw OutOfRange(path, Range(min, max), value);
        }

        // A number with a fraction or an exponent is another type; one with too many digits is a value out of range.
        string raw = value.GetRawText();
        throw raw.AsSpan().IndexOfAny('.', 'e', 'E') >= 0 ? WrongType(path, "an integer", value) : OutOfRange(path, Range(min, max), value);
    }

    public static double Number(JsonElement value, string path, double min, double max, bool aboveMin = false)
    {
        if (value.ValueKind != JsonValueKind.Number)
        {
            throw WrongType(path, "a number", value);
        }

        bool inside = value.TryGetDouble(out double number) && double.IsFinite(number) && number <= max && (aboveMin ? number > min : number >= min);
        return inside
            ? number
            : throw OutOfRange(
                path,
                string.Create(CultureInfo.InvariantCulture, $"a number {(aboveMin ? "above" : "from")} {min} {(aboveMin ? "and at most" : "to")} {max}"),
                value);
    }

    /// <summary>The text of a string. JSON can spell half a surrogate pair, which is no text.</summary>
    public static string Text(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw WrongType(path, "a string", value);
        }

        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw ApiException.Invalid("invalid_value", $"Invalid value for '{path}': the string holds half of a surrogate pair.", path);
        }
    }

    public static ApiException WrongType(string path, string expected, JsonElement value) =>
        ApiException.Invalid("invalid_type", $"Invalid type for '{path}': expected {expected}, got {Describe(value)}.", path);

    public static ApiException OutOfRange(string path, string expected, JsonElement value) =>
        ApiException.Invalid("invalid_value", $"Invalid value for '{path}': expected {expected}, got {Shorten(value.GetRawText())}.", path);

    public static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => $"the number {Shorten(value.GetRawText())}",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };

    public static string Shorten(string text) => text.Length <= ShownCharacters ? text : text[..ShownCharacters] + "…";

    private static string Range(long min, long max) => max == long.MaxValue
        ? string.Create(CultureInfo.InvariantCulture, $"an integer of at least {min}")
        : string.Create(CultureInfo.InvariantCulture, $"an integer from {min} to {max}");

    private static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw ApiException.Invalid("invalid_json", "A member's name holds half of a surrogate pair.");
        }
    }
}
