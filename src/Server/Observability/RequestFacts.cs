using Sparrow.Runtime;
using Sparrow.Server.Api.Inference;

namespace Sparrow.Server.Observability;

/// <summary>What the request's one log line and the metrics tell about it (O-4). A feature of the request, filled in as it goes its way.</summary>
internal sealed class RequestFacts
{
    /// <summary>The request's id (G-3).</summary>
    public string? RequestId { get; set; }

    /// <summary>The model that answers; null where none was found.</summary>
    public string? Model { get; set; }

    /// <summary>P-11: the adapter that answers, without its model's name; null: none.</summary>
    public string? Adapter { get; set; }

    /// <summary>What callers name model and adapter by. Metrics go by the model alone .</summary>
    public string? FullName => Model is { } model ? Hosting.ModelChoice.NameOf(model, Adapter) : null;

    public string? Revision { get; set; }

    /// <summary>The inference, from its place in the queue on; null for other requests.</summary>
    public InferenceRun? Run { get; set; }

    /// <summary>T-12: the stream was ended because its reader did not keep up.</summary>
    public bool HasSlowReader { get; set; }

    /// <summary>What tokenising each prompt took; none for prompts that came as token ids.</summary>
    public IReadOnlyList<TimeSpan> TokenizeTimes { get; set; } = [];

    public int PromptTokens => Run?.PromptTokens ?? 0;

    public int CachedTokens => Run?.CachedTokens ?? 0;

    public int GeneratedTokens => Run?.GeneratedTokens ?? 0;

    public string? FinishReason => Run is { Choices: [var choice, ..] } ? choice.FinishReason : null;

    /// <summary>Times of the first prompt; null where the moment never came.</summary>
    public double? QueueMs => Run is { } run && First is { } first ? Milliseconds(run, first.QueuedTimestamp, first.StartedTimestamp) : null;

    public double? FirstTokenMs => Run is { } run && First is { } first ? Milliseconds(run, first.QueuedTimestamp, first.FirstTokenTimestamp) : null;

    public double? TotalMs => Run is { } run && First is { } first ? Milliseconds(run, first.QueuedTimestamp, first.FinishedTimestamp) : null;

    /// <summary>How far the request has come: queue, prefill, decode or stream.</summary>
    public string Phase => First switch
    {
        null or { StartedTimestamp: 0 } => "queue",
        { FirstTokenTimestamp: 0 } => "prefill",
        { FinishedTimestamp: 0 } => "decode",
        _ => "stream",
    };

    private GenerationStatistics? First => Run is { Prompts: [var prompt, ..] } ? prompt.Generation.Statistics : null;

    private static double? Milliseconds(InferenceRun run, long from, long to) =>
        from == 0 || to == 0 ? null : run.Time.GetElapsedTime(from, to).TotalMilliseconds;
}
