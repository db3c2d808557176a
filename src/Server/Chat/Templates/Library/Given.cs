using System.Numerics;
using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Library;

/// <summary>Reads arguments as the kinds that filters and methods want.</summary>
internal static class Given
{
    public static string Text(TemplateRun run, TemplateValue? value, string what) => value switch
    {
        StringValue text => text.Value,
        null => throw run.Fail($"{what} is missing"),
        _ => throw run.Fail($"{what} must be a text, not a {value.TypeName}"),
    };

    public static string TextOr(TemplateRun run, TemplateValue? value, string what, string otherwise) =>
        value is null ? otherwise : Text(run, value, what);

    /// <summary>An integer within ±2³⁰, which is beyond every limit of length.</summary>
    public static int IntegerOr(TemplateRun run, TemplateValue? value, string what, int otherwise)
    {
        if (value is null)
        {
            return otherwise;
        }

        return Numbers.TryGetInteger(value, out BigInteger number)
            ? (int)BigInteger.Clamp(number, -(1 << 30), 1 << 30)
            : throw run.Fail($"{what} must be an integer, not a {value.TypeName}");
    }

    public static bool Truth(TemplateValue? value, bool otherwise = false) => value?.IsTrue ?? otherwise;

    public static void RefuseUndefined(TemplateRun run, TemplateValue value)
    {
        if (value is UndefinedValue undefined)
        {
            throw run.Fail(undefined.Hint);
        }
    }
}
