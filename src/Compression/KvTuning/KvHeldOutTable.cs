namespace Sparrow.Compression.KvTuning;

/// <summary>Tuned, uniform and random profiles on text that the search has not seen.</summary>
/// <param name="Dense">Perplexity of the dense cache.</param>
/// <param name="Tokens">Tokens scored for it, for tuned and for uniform profiles.</param>
/// <param name="RandomTokens">Tokens scored for random profiles.</param>
/// <param name="RandomCount">Random profiles of each budget.</param>
/// <param name="Rows">One a budget.</param>
public sealed record KvHeldOutTable(double Dense, long Tokens, long RandomTokens, int RandomCount, IReadOnlyList<KvHeldOutRow> Rows);
