namespace Sparrow.Compression.Recipes;

/// <summary>What is measured before and after, and what the result must hold to.</summary>
public sealed record QualityGate
{
    /// <summary>A text to score in windows, by GPTQ's convention.</summary>
    public required string PerplexityFile { get; init; }

    /// <summary>Tokens of a window; null: 2,048 or the model's context, whichever is less.</summary>
    public int? Window { get; init; }

    /// <summary>Most windows.</summary>
    public int MaximumWindows { get; init; } = 10;

    /// <summary>By what share perplexity may grow; null: it is reported and decides nothing.</summary>
    public double? MaximumPerplexityIncrease { get; init; }
}
