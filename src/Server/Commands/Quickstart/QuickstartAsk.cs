namespace Sparrow.Server.Commands.Quickstart;

/// <summary>What the command line said.</summary>
/// <param name="Model">As of <c>serve --model</c>; null: the sample.</param>
/// <param name="Gate">By what share perplexity may grow; null: by the kind of model.</param>
/// <param name="Once">Whether to end after the table.</param>
internal sealed record QuickstartAsk(string? Model, double? Gate, bool Once);
