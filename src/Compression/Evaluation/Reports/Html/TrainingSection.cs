using System.Globalization;
using Sparrow.Compression.Adaptation;

namespace Sparrow.Compression.Evaluation.Reports.Html;

/// <summary>How the loss went where a step trained.</summary>
internal static class TrainingSection
{
    public static void Write(Markup markup, IReadOnlyList<AdaptRound> rounds)
    {
        if (rounds.All(round => round.Losses.Count == 0))
        {
            return;
        }

        markup.Element("h2", "Training").Element("p", "Loss of each optimiser step, in nats a token; a round begins with new masks.");
        List<(string Name, IReadOnlyList<(int Step, double Value, string Note)> Points)> series = [];
        int step = 0;
        foreach (AdaptRound round in rounds)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"round {round.Round}, {100 * round.Sparsities.Average():0.#} % pruned");
            series.Add((name, [.. round.Losses.Select((loss, i) => (step + i + 1, loss, string.Create(CultureInfo.InvariantCulture, $"step {step + i + 1}, {name}: {loss:0.####}")))]));
            step += round.Losses.Count;
        }

        LinePlot.Write(markup, "Loss by step", series, "0.##");
    }
}
