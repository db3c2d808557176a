using System.Text.Json;

namespace Sparrow.Runtime.Tests.Models;

/// <summary>Reference values of one prompt on SmolLM2.</summary>
internal sealed class PromptGolden
{
    public required string Name { get; init; }

    public required int[] Ids { get; init; }

    /// <summary>The last position's best, best first: id, logit, log-probability.</summary>
    public required (int Id, double Logit, double Logprob)[] Top { get; init; }

    /// <summary>Log-probabilities of the prompt's tokens (the first is NaN); empty for the long prompts.</summary>
    public required double[] PromptLogprobs { get; init; }

    /// <summary>First values of the last position's hidden state: the embedding, each block's output; the last after the final norm. Empty for the
    /// long prompts.</summary>
    public required float[][] LastHidden { get; init; }

    public required GreedyToken[] Greedy { get; init; }

    public static IReadOnlyList<PromptGolden> ReadAll(string path) => [.. File.ReadLines(path).Select(Parse)];

    private static PromptGolden Parse(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement root = document.RootElement;
        return new PromptGolden
        {
            Name = root.GetProperty("name").GetString()!,
            Ids = [.. root.GetProperty("ids").EnumerateArray().Select(x => x.GetInt32())],
            Top = [.. root.GetProperty("last_top20").EnumerateArray().Select(x => (x[0].GetInt32(), x[1].GetDouble(), x[2].GetDouble()))],
            PromptLogprobs = root.TryGetProperty("prompt_logprobs", out JsonElement logprobs)
                ? [.. logprobs.EnumerateArray().Select(x => x.ValueKind == JsonValueKind.Null ? double.NaN : x.GetDouble())]
                : [],
            LastHidden = root.TryGetProperty("last_hidden_first8_per_layer", out JsonElement hidden)
                ? [.. hidden.EnumerateArray().Select(row => row.EnumerateArray().Select(x => x.GetSingle()).ToArray())]
                : [],
            Greedy = [.. root.GetProperty("greedy").EnumerateArray().Select(x => new GreedyToken(x[0].GetInt32(), x[1].GetDouble(), x[2].GetDouble()))],
        };
    }
}
