using System.Text.Json;

namespace Sparrow.Runtime.Tests.Models;

/// <summary>The reference outputs beside a tiny checkpoint.</summary>
internal sealed class TinyGolden
{
    public required int[] Prompt { get; init; }

    public required float[] LastLogits { get; init; }

    public required double[] PromptLogprobs { get; init; }

    public required GreedyToken[] Greedy { get; init; }

    public required float[][] LastHidden { get; init; }

    /// <param name="folder">The checkpoint.</param>
    /// <param name="suffix">For reference values of a variant of the computation: <c>_fixed_base</c>.</param>
    public static TinyGolden Read(string folder, string suffix = "")
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "golden.json")));
        JsonElement root = document.RootElement;
        return new TinyGolden
        {
            Prompt = [.. root.GetProperty("prompt").EnumerateArray().Select(x => x.GetInt32())],
            LastLogits = [.. root.GetProperty("last_logits" + suffix).EnumerateArray().Select(x => x.GetSingle())],
            PromptLogprobs = [.. root.GetProperty("prompt_logprobs").EnumerateArray().Select(x => x.ValueKind == JsonValueKind.Null ? double.NaN : x.GetDouble())],
            Greedy =
            [
                .. root.GetProperty("greedy" + suffix).EnumerateArray().Select(x => new GreedyToken(
                    x.GetProperty("id").GetInt32(), x.GetProperty("logprob").GetDouble(), x.GetProperty("margin").GetDouble())),
            ],
            LastHidden = [.. root.GetProperty("last_hidden_after_each_layer_first8").EnumerateArray().Select(row => row.EnumerateArray().Select(x => x.GetSingle()).ToArray())],
        };
    }
}

/// <summary>A token of a greedy continuation, with its lead over the second in logits.</summary>
internal readonly record struct GreedyToken(int Id, double Logprob, double Margin);
