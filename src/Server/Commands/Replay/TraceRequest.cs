namespace Sparrow.Server.Commands.Replay;

/// <summary>One request of a trace.</summary>
/// <param name="Arrival">When it came, counted from the trace's first.</param>
/// <param name="PromptTokens">Tokens of its prompt.</param>
/// <param name="OutputTokens">Tokens that were generated.</param>
/// <param name="PromptBlocks">Names of the prompt's blocks of 512 tokens, where the trace has them: equal leading names are equal text.</param>
internal sealed record TraceRequest(TimeSpan Arrival, int PromptTokens, int OutputTokens, IReadOnlyList<int> PromptBlocks);
