using System.Text.Json;

namespace Sparrow.Compression.Adaptation;

/// <summary>What an adaptation decided and how its loss went, round by round: a file of the artifact.</summary>
internal sealed record AdaptReport(string Method, double Sparsity, int Seed, float Scale, long TrainingTokens, IReadOnlyList<AdaptRound> Rounds)
{
    public static void Write(Stream stream, string method, AdaptOptions options, AdaptState state)
    {
        long tokens = state.Rounds.Sum(round => (long)round.Losses.Count) * options.Batch * options.Length;
        AdaptReport report = new(method, options.Sparsity, options.Seed, options.Scale, tokens, state.Rounds);
        JsonSerializer.Serialize(stream, report, AdaptJson.Default.AdaptReport);
    }
}
