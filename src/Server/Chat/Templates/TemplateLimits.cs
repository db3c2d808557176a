namespace Sparrow.Server.Chat.Templates;

/// <summary>What a template may use. A template comes with a model file and is hostile input.</summary>
internal sealed record TemplateLimits
{
    public static TemplateLimits Default { get; } = new();

    /// <summary>Characters of source. The longest templates in the wild have about 20,000.</summary>
    public int MaxSourceLength { get; init; } = 1 << 20;

    /// <summary>Steps of one rendering: a node evaluated, or 32 characters or elements touched. Real templates take about 100 a message, so this
    /// is 50,000 messages, or about a second.</summary>
    public long MaxSteps { get; init; } = 5_000_000;

    /// <summary>Nesting of statements, expressions and macro calls, and of values.</summary>
    public int MaxDepth { get; init; } = 256;

    /// <summary>Characters of the output and of any single text on the way to it.</summary>
    public int MaxOutputLength { get; init; } = 16 << 20;
}
