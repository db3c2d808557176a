namespace Sparrow.Compression.Planning;

/// <summary>Something that a server does, to be planned.</summary>
/// <param name="Name"><c>prefill</c> or <c>decode</c>.</param>
/// <param name="Tokens">New tokens of each sequence: a prompt's, or one.</param>
/// <param name="Sequences">Sequences at once.</param>
/// <param name="Context">Tokens that each has in the cache before.</param>
public sealed record PlanPhase(string Name, int Tokens, int Sequences, int Context)
{
    private static readonly int[] s_contexts = [0, 512, 2048, 8192];
    private static readonly int[] s_prompts = [512, 2048];
    private static readonly int[] s_batches = [1, 8, 32];

    /// <summary>A prompt, and decoding at some batch sizes and lengths, as far as the model's context allows.</summary>
    /// <param name="contextLength">The model's.</param>
    public static IReadOnlyList<PlanPhase> Usual(int contextLength)
    {
        int[] contexts = [.. s_contexts.Where(context => context < contextLength)];
        return
        [
            .. s_prompts.Where(tokens => tokens <= contextLength).DefaultIfEmpty(contextLength).Select(tokens => new PlanPhase("prefill", tokens, 1, 0)),
            .. s_batches.SelectMany(batch => contexts.Select(context => new PlanPhase("decode", 1, batch, context))),
        ];
    }
}
