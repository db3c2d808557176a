using System.Numerics;

namespace Sparrow.Server.Chat.Templates.Values;

/// <summary>Numbers of the three kinds that Python mixes: bool, int, float.</summary>
internal static class Numbers
{
    public static bool IsNumber(TemplateValue value) => value is BoolValue or IntValue or FloatValue;

    public static bool TryGetInteger(TemplateValue value, out BigInteger number)
    {
        number = value switch
        {
            IntValue integer => integer.Value,
            BoolValue { Value: true } => BigInteger.One,
            _ => BigInteger.Zero,
        };
        return value is IntValue or BoolValue;
    }

    public static double ToDouble(TemplateValue value) => value switch
    {
        FloatValue number => number.Value,
        IntValue number => (double)number.Value,
        BoolValue { Value: true } => 1,
        _ => 0,
    };

    /// <summary>Compares two numbers; false where one is none, or is NaN.</summary>
    public static bool TryCompare(TemplateValue left, TemplateValue right, out int order)
    {
        order = 0;
        if (!IsNumber(left) || !IsNumber(right))
        {
            return false;
        }

        if (TryGetInteger(left, out BigInteger a) && TryGetInteger(right, out BigInteger b))
        {
            order = a.CompareTo(b);
            return true;
        }

        double x = ToDouble(left);
        double y = ToDouble(right);
        order = x.CompareTo(y);
        return !double.IsNaN(x) && !double.IsNaN(y);
    }
}
