using Sparrow.Compression.Evaluation;
using Sparrow.Compression.Evaluation.Comparison;
using Sparrow.Compression.Evaluation.Reports;

namespace Sparrow.Server.Commands.Evaluation;

/// <summary>What was measured; what was not asked for is absent.</summary>
internal sealed record EvaluationResult
{
    public required ModelMeasures Model { get; init; }

    /// <summary>The same of the reference model.</summary>
    public ModelMeasures? Against { get; init; }

    /// <summary>Both over the same text.</summary>
    public ModelComparison? Comparison { get; init; }

    /// <summary>Errors of each block.</summary>
    public IReadOnlyList<BlockReport> Blocks { get; init; } = [];
}

/// <summary>What one model was measured to be.</summary>
/// <param name="Perplexity">Of the text.</param>
/// <param name="Tasks">Zero-shot tasks by name.</param>
internal sealed record ModelMeasures(PerplexityResult? Perplexity, IReadOnlyDictionary<string, ZeroShotResult> Tasks);
