namespace Sparrow.Compression.Recipes;

/// <summary>Where calibration tokens come from.</summary>
public sealed record CalibrationSource
{
    /// <summary>A JSON file with <c>segments</c> or <c>samples</c> of token ids; null where a text is given.</summary>
    public string? TokensFile { get; init; }

    /// <summary>A text to draw windows from.</summary>
    public string? TextFile { get; init; }

    /// <summary>Sequences; of a tokens file the first ones, null: all.</summary>
    public int? Samples { get; init; }

    /// <summary>Tokens of a sequence; of a tokens file the first ones, null: all.</summary>
    public int? Length { get; init; }

    /// <summary>Of the draw.</summary>
    public int Seed { get; init; }
}
