using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Execution;

/// <summary>The evaluated arguments of a call.</summary>
internal sealed record CallArguments(IReadOnlyList<TemplateValue> Positional, IReadOnlyList<KeyValuePair<string, TemplateValue>> Named)
{
    public static CallArguments None { get; } = new([], []);

    public bool IsEmpty => Positional.Count + Named.Count == 0;

    /// <summary>Puts the arguments in the places of parameters; null where one was not given.</summary>
    public TemplateValue?[] Bind(TemplateRun run, params ReadOnlySpan<string> parameters)
    {
        if (Positional.Count > parameters.Length)
        {
            throw run.Fail($"too many arguments: {Positional.Count} given, {parameters.Length} taken");
        }

        TemplateValue?[] values = new TemplateValue?[parameters.Length];
        for (int i = 0; i < Positional.Count; i++)
        {
            values[i] = Positional[i];
        }

        foreach ((string name, TemplateValue value) in Named)
        {
            int at = parameters.IndexOf(name);
            if (at < 0)
            {
                throw run.Fail($"unknown argument '{name}'");
            }

            if (values[at] is not null)
            {
                throw run.Fail($"argument '{name}' is given twice");
            }

            values[at] = value;
        }

        return values;
    }

    /// <summary>All but the first arguments by place: what <c>map("filter", …)</c> hands on.</summary>
    public CallArguments Skip(int count) => new([.. Positional.Skip(count)], Named);
}
