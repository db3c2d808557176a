namespace Sparrow.Compression.Evaluation.Reports;

/// <summary>Perplexity of a text, with what it depends on.</summary>
public sealed record PerplexityReport
{
    /// <summary>exp of the mean negative log-likelihood over all scored tokens.</summary>
    public required double Value { get; init; }

    /// <summary>Standard error of <see cref="Value"/>, scored tokens taken as independent; null where only means of windows are known.</summary>
    public double? StandardError { get; init; }

    /// <summary>Scored tokens.</summary>
    public required long Tokens { get; init; }

    /// <summary>How the text became windows: <c>gptq</c> or <c>llama.cpp</c>.</summary>
    public required string Convention { get; init; }

    /// <summary>Tokens of a window.</summary>
    public required int Window { get; init; }

    /// <summary>Windows scored.</summary>
    public required int Windows { get; init; }
}
