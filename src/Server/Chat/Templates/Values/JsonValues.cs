using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Sparrow.Server.Chat.Templates.Values;

/// <summary>JSON as template values. Depth is bounded by the parser that made the document.</summary>
internal static class JsonValues
{
    public static TemplateValue Read(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                DictValue pairs = new();
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    pairs.Set(property.Name, Read(property.Value));
                }

                return pairs;
            case JsonValueKind.Array:
                List<TemplateValue> items = new(element.GetArrayLength());
                foreach (JsonElement item in element.EnumerateArray())
                {
                    items.Add(Read(item));
                }

                return new ListValue(items);
            case JsonValueKind.String:
                return new StringValue(element.GetString()!);
            case JsonValueKind.Number:
                return ReadNumber(element);
            case JsonValueKind.True:
                return BoolValue.True;
            case JsonValueKind.False:
                return BoolValue.False;
            default:
                return NoneValue.Instance;
        }
    }

    // Python keeps 1 and 1.0 apart, and so does what a template prints.
    private static TemplateValue ReadNumber(JsonElement element)
    {
        string text = element.GetRawText();
        bool isInteger = text.AsSpan().IndexOfAny('.', 'e', 'E') < 0;
        return isInteger && text.Length <= IntValue.MaxBits / 4
            ? new IntValue(BigInteger.Parse(text, CultureInfo.InvariantCulture))
            : new FloatValue(element.GetDouble());
    }
}
