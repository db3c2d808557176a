using System.Globalization;
using System.Text.Json;

namespace Sparrow.Compression.Recipes;

/// <summary>From JSON to checked values, by the members' own description.</summary>
internal static class RecipeValues
{
    /// <summary>The tag of steps' and variants' methods.</summary>
    public const string MethodName = "method";

    /// <summary>Reads an object.</summary>
    /// <param name="json">The object.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="shape">Its members.</param>
    /// <param name="tags">Members that have been read already: type and method.</param>
    /// <exception cref="RecipeException">A member is unknown, wrong, missing, given twice or contradicts another.</exception>
    public static RecipeArguments Read(JsonElement json, string path, RecipeShape shape, params ReadOnlySpan<string> tags)
    {
        RequireObject(json, path);
        Dictionary<string, object> values = new(StringComparer.Ordinal);
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (JsonProperty property in json.EnumerateObject())
        {
            string memberPath = Join(path, property.Name);
            if (!seen.Add(property.Name))
            {
                throw new RecipeException(memberPath, "the member is given twice");
            }

            if (tags.Contains(property.Name))
            {
                continue;
            }

            RecipeMember member = shape.Members.FirstOrDefault(member => member.Name == property.Name)
                ?? throw new RecipeException(memberPath, $"unknown member; known: {string.Join(", ", [.. tags.ToArray(), .. shape.Members.Select(known => known.Name)])}");
            values.Add(property.Name, Value(property.Value, memberPath, member));
        }

        CheckTogether(path, shape, values);
        foreach (RecipeMember member in shape.Members)
        {
            if (member.IsRequired && !values.ContainsKey(member.Name))
            {
                throw new RecipeException(Join(path, member.Name), $"the member is required: {Expected(member)}");
            }

            if (member.Default is not null)
            {
                values.TryAdd(member.Name, member.Default);
            }
        }

        return new RecipeArguments(path, null, values);
    }

    public static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    /// <exception cref="RecipeException">It is something else.</exception>
    public static void RequireObject(JsonElement json, string path)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Unexpected(path, "an object", json);
        }
    }

    public static RecipeException Unexpected(string path, string expected, JsonElement found)
    {
        string text = found.ValueKind == JsonValueKind.Undefined ? "nothing" : found.GetRawText();
        return new RecipeException(path, $"expected {expected}, found {(text.Length <= 60 ? text : text[..60] + "…")}");
    }

    private static void CheckTogether(string path, RecipeShape shape, Dictionary<string, object> values)
    {
        foreach (IReadOnlyList<string> set in shape.Exclusive)
        {
            string[] given = [.. set.Where(values.ContainsKey)];
            if (given.Length > 1)
            {
                throw new RecipeException(Join(path, given[1]), $"contradicts {given[0]}; give one of the two");
            }
        }

        foreach (IReadOnlyList<string> set in shape.AnyOf)
        {
            if (!set.Any(values.ContainsKey))
            {
                throw new RecipeException(path, $"one of {string.Join(", ", set)} is required");
            }
        }
    }

    private static object Value(JsonElement json, string path, RecipeMember member)
    {
        switch (member.Kind)
        {
            case RecipeMemberKind.Number when json.ValueKind == JsonValueKind.Number && InRange(json.GetDouble(), member):
                return json.GetDouble();
            case RecipeMemberKind.Integer when json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out int integer) && InRange(integer, member):
                return integer;
            case RecipeMemberKind.Boolean when json.ValueKind is JsonValueKind.True or JsonValueKind.False:
                return json.GetBoolean();
            case RecipeMemberKind.Text when json.ValueKind == JsonValueKind.String && json.GetString()!.Length > 0:
                return json.GetString()!;
            case RecipeMemberKind.Choice when json.ValueKind == JsonValueKind.String && member.Choices.Contains(json.GetString()!):
                return json.GetString()!;
            case RecipeMemberKind.Object:
                return Read(json, path, member.Shape!);
            case RecipeMemberKind.Variant:
                return Variant(json, path, member);
            default:
                throw Unexpected(path, Expected(member), json);
        }
    }

    private static RecipeArguments Variant(JsonElement json, string path, RecipeMember member)
    {
        string expected = Expected(member);
        if (json.ValueKind == JsonValueKind.String)
        {
            RecipeVariant named = member.Variants.FirstOrDefault(variant => variant.Name == json.GetString()) ?? throw Unexpected(path, expected, json);
            using JsonDocument empty = JsonDocument.Parse("{}");
            return Read(empty.RootElement, path, named.Shape).Named(named.Name);
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Unexpected(path, expected, json);
        }

        json.TryGetProperty(MethodName, out JsonElement method);
        RecipeVariant chosen = member.Variants.FirstOrDefault(variant => method.ValueKind == JsonValueKind.String && variant.Name == method.GetString())
            ?? throw Unexpected(Join(path, MethodName), $"one of {string.Join(", ", member.Variants.Select(variant => variant.Name))}", method);
        return Read(json, path, chosen.Shape, MethodName).Named(chosen.Name);
    }

    private static bool InRange(double value, RecipeMember member) =>
        (member.Choices.Count == 0 || member.Choices.Contains((int)value))
        && !(value < member.Minimum) && !(value > member.Maximum);

    private static string Expected(RecipeMember member)
    {
        string kind = member.Kind == RecipeMemberKind.Integer ? "a whole number" : "a number";
        return member.Kind switch
        {
            RecipeMemberKind.Number or RecipeMemberKind.Integer when member.Choices.Count > 0 => $"one of {string.Join(", ", member.Choices)}",
            RecipeMemberKind.Number or RecipeMemberKind.Integer => string.Create(CultureInfo.InvariantCulture, $"{kind} from {member.Minimum} to {member.Maximum}"),
            RecipeMemberKind.Boolean => "true or false",
            RecipeMemberKind.Text => "a text that is not empty",
            RecipeMemberKind.Choice => $"one of {string.Join(", ", member.Choices)}",
            RecipeMemberKind.Variant => $"one of {string.Join(", ", member.Variants.Select(variant => variant.Name))}, or an object with that method",
            _ => "an object",
        };
    }
}
