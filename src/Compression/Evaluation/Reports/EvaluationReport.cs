namespace Sparrow.Compression.Evaluation.Reports;

/// <summary>What a model was measured to be. A measure that was not taken is absent.</summary>
public sealed record EvaluationReport
{
    public PerplexityReport? Perplexity { get; init; }

    /// <summary>Zero-shot tasks by name.</summary>
    public IReadOnlyDictionary<string, TaskReport>? Tasks { get; init; }

    /// <summary>How close it is to the reference model; only on the side that is compared.</summary>
    public AgreementReport? Agreement { get; init; }
}
