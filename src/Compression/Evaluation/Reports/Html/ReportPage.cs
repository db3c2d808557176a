using Sparrow.Compression.Adaptation;

namespace Sparrow.Compression.Evaluation.Reports.Html;

/// <summary>What <see cref="HtmlReport"/> shows; what is absent or empty is left out of the page.</summary>
public sealed record ReportPage
{
    public required string Title { get; init; }

    /// <summary>What stands below the title: names and values.</summary>
    public IReadOnlyList<(string Name, string Value)> Facts { get; init; } = [];

    /// <summary>The model before, or the reference.</summary>
    public required MeasuredModel Before { get; init; }

    /// <summary>The model after, or the one that is compared.</summary>
    public required MeasuredModel After { get; init; }

    public IReadOnlyList<LayerReport> Layers { get; init; } = [];

    /// <summary>Errors of whole blocks.</summary>
    public IReadOnlyList<BlockReport> Blocks { get; init; } = [];

    /// <summary>Rounds of training, if there were any.</summary>
    public IReadOnlyList<AdaptRound> Training { get; init; } = [];

    public IReadOnlyList<StageTime> Stages { get; init; } = [];

    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The recipe's JSON, indented.</summary>
    public string? Recipe { get; init; }
}

/// <summary>A column of the table.</summary>
/// <param name="Heading">What it is called: <c>Before</c>, <c>Reference</c>.</param>
/// <param name="Size">How large it is, where that is known.</param>
/// <param name="Evaluation">What was measured, where something was.</param>
public sealed record MeasuredModel(string Heading, ModelSize? Size, EvaluationReport? Evaluation);
