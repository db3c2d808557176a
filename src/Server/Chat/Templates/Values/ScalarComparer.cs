using System.Numerics;

namespace Sparrow.Server.Chat.Templates.Values;

/// <summary>Python's equality for dictionary keys: 1, 1.0 and true are the same key.</summary>
internal sealed class ScalarComparer : IEqualityComparer<TemplateValue>
{
    public static ScalarComparer Instance { get; } = new();

    public bool Equals(TemplateValue? x, TemplateValue? y) => (x, y) switch
    {
        (StringValue a, StringValue b) => a.Value == b.Value,
        (NoneValue, NoneValue) or (UndefinedValue, UndefinedValue) => true,
        _ => x is not null && y is not null && Numbers.TryCompare(x, y, out int order) && order == 0,
    };

    public int GetHashCode(TemplateValue value) => value switch
    {
        StringValue text => string.GetHashCode(text.Value, StringComparison.Ordinal),
        BoolValue truth => new BigInteger(truth.Value ? 1 : 0).GetHashCode(),
        IntValue number => number.Value.GetHashCode(),
        FloatValue number when double.IsInteger(number.Value) => new BigInteger(number.Value).GetHashCode(),
        FloatValue number => number.Value.GetHashCode(),
        _ => 0,
    };
}
