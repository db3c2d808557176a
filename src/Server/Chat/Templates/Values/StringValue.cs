namespace Sparrow.Server.Chat.Templates.Values;

/// <summary>A text. Python counts code points where .NET counts UTF-16 units; the two differ only where there are surrogates.</summary>
internal sealed class StringValue(string value) : TemplateValue
{
    private bool? _hasSurrogates;

    public static StringValue Empty { get; } = new("");

    public string Value { get; } = value;

    public override string TypeName => "str";

    public override bool IsTrue => Value.Length > 0;

    /// <summary>Length in code points.</summary>
    public int CodePointCount => HasSurrogates ? CountCodePoints() : Value.Length;

    public bool HasSurrogates => _hasSurrogates ??= Value.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') >= 0;

    private int CountCodePoints()
    {
        int count = 0;
        for (int i = 0; i < Value.Length; i++)
        {
            if (char.IsHighSurrogate(Value[i]) && i + 1 < Value.Length && char.IsLowSurrogate(Value[i + 1]))
            {
                i++;
            }

            count++;
        }

        return count;
    }

    /// <summary>The code points, each as a text of its own.</summary>
    public List<TemplateValue> Split()
    {
        List<TemplateValue> characters = new(Value.Length);
        for (int i = 0; i < Value.Length; i++)
        {
            int length = char.IsHighSurrogate(Value[i]) && i + 1 < Value.Length && char.IsLowSurrogate(Value[i + 1]) ? 2 : 1;
            characters.Add(new StringValue(Value.Substring(i, length)));
            i += length - 1;
        }

        return characters;
    }
}
