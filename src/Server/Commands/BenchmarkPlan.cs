using Sparrow.Runtime.KvCache;

namespace Sparrow.Server.Commands;

/// <summary>What a benchmark runs.</summary>
/// <param name="Prompt">Tokens of each prompt, timed as prefill.</param>
/// <param name="Generate">Tokens generated after each, timed as decode.</param>
/// <param name="Parallel">Sequences at once.</param>
/// <param name="Context">Tokens in each sequence's cache before, not timed.</param>
/// <param name="Repeat">Measurements.</param>
internal sealed record BenchmarkPlan(int Prompt, int Generate, int Parallel, int Context, int Repeat)
{
    public int TokensPerSequence => Context + Prompt + Generate;

    public int BlocksPerSequence => TokensPerSequence / KvLayout.BlockTokens;
}
