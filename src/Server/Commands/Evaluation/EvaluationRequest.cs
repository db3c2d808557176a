using Sparrow.Compression.Evaluation;

namespace Sparrow.Server.Commands.Evaluation;

/// <summary>What <c>sparrow evaluate</c> is asked to measure.</summary>
internal sealed record EvaluationRequest
{
    public required string Model { get; init; }

    /// <summary>The reference model; null: the model is measured alone.</summary>
    public string? Against { get; init; }

    /// <summary>The text to score; null: none.</summary>
    public string? Text { get; init; }

    public required PerplexityConvention Convention { get; init; }

    public required int Window { get; init; }

    public int? MaxWindows { get; init; }

    /// <summary>Whether next-token distributions are compared.</summary>
    public required bool Divergence { get; init; }

    /// <summary>Whether outputs of blocks are compared.</summary>
    public required bool Blocks { get; init; }

    /// <summary>Where a page is written; null: nowhere.</summary>
    public string? Page { get; init; }

    public IReadOnlyList<ZeroShotTask> Tasks { get; init; } = [];

    /// <summary>The folder with the tasks' files.</summary>
    public string? Data { get; init; }

    /// <summary>Most items of a task.</summary>
    public int? Limit { get; init; }

    /// <exception cref="UsageException">What is asked for does not fit together.</exception>
    public void Check()
    {
        if (Text is null && Tasks.Count == 0)
        {
            throw new UsageException("Give --perplexity, --tasks or both.");
        }

        if (Tasks.Count > 0 && Data is null)
        {
            throw new UsageException("Tasks need --data, the folder with their files.");
        }

        if (MaxWindows <= 0 || Limit <= 0 || Window <= 0)
        {
            throw new UsageException("--window, --max-windows and --limit must be positive.");
        }

        if (Page is not null && Against is null)
        {
            throw new UsageException("--html needs --against, the reference model that the page shows beside the other.");
        }

        if ((Divergence || Blocks) && (Against is null || Text is null))
        {
            throw new UsageException("--kl and --layers need --against, the reference model, and --perplexity, the text over which both are compared.");
        }
    }
}
