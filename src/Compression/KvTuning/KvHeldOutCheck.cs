using System.Globalization;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.KvTuning;

/// <summary>
/// Checks a search on other text: for each budget the chosen profile beside the best uniform one of either mode and beside random ones of equal bits.
/// </summary>
public static class KvHeldOutCheck
{
    /// <summary>Measures the table.</summary>
    /// <param name="model">The model; belongs to no engine meanwhile.</param>
    /// <param name="tuning">What the search found.</param>
    /// <param name="windows">Tokens of other text: windows of equal length.</param>
    /// <param name="budgets">Effective bits.</param>
    /// <param name="randomCount">Random profiles of each budget; 0 for none.</param>
    /// <param name="randomWindows">Windows that they are tried on: they are many.</param>
    /// <param name="journal">Where finished measurements are kept, or null.</param>
    /// <param name="subject">Names what they hang on.</param>
    /// <param name="seed">Of the random profiles.</param>
    /// <param name="progress">Share done, 0 to 1.</param>
    /// <param name="cancellation">Ends it between measurements.</param>
    /// <exception cref="ArgumentException">The front has no profile of a budget.</exception>
    public static KvHeldOutTable Run(
        LoadedModel model, KvTuningResult tuning, IReadOnlyList<int[]> windows, IReadOnlyList<double> budgets, int randomCount, int randomWindows,
        string? journal = null, string subject = "", int seed = 1, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        DecoderModel decoder = ((PagedDecoder)model.StepModel).Model;
        using KvTuningJournal kept = new(
            journal, string.Create(CultureInfo.InvariantCulture, $"{subject}, held out: {windows.Count} windows of {windows[0].Length}"), resume: true);
        int layers = decoder.Config.LayerCount;
        int headSize = decoder.Config.HeadSize;
        KvProfile[] forms =
        [
            KvProfile.Uniform("by token", layers, new KvPair(16, 16)),
            KvProfile.Uniform("kivi", layers, new KvPair(16, 16), KvQuantizerMode.Kivi),
        ];
        randomWindows = Math.Clamp(randomWindows, 1, windows.Count);
        double total = 1 + budgets.Count + (2.0 * KvTuner.Pairs().Count()) + (budgets.Count * randomCount * (double)randomWindows / windows.Count);
        double done = 0;

        // 1. The dense cache and uniform profiles, mode by mode: memory for dense residual streams is that of one mode.
        double dense = 0;
        List<(string Name, double Bits, double Perplexity)> uniform = [];
        foreach (KvProfile form in forms)
        {
            using KvTrials trials = new(decoder, form, windows);
            dense = Perplexity(trials, form, [.. Enumerable.Repeat(trials.DensePair, layers)], windows.Count);
            foreach (KvPair pair in KvTuner.Pairs())
            {
                KvPair[] pairs = [.. Enumerable.Repeat(pair, layers)];
                double bits = Bits(form, pairs);
                if (bits <= budgets.Max())
                {
                    uniform.Add(($"{form.ModeName} {pair}", bits, Perplexity(trials, form, pairs, windows.Count)));
                }
            }
        }

        // 2. Tuned and random profiles, budget by budget.
        using KvTrials tuned = new(decoder, tuning.Form, windows);
        List<KvHeldOutRow> rows = [];
        foreach (double budget in budgets)
        {
            KvCandidate chosen = tuning.Choose(budget, null)
                ?? throw new ArgumentException($"The search found no profile of {budget} effective bits.", nameof(budgets));
            Random random = new(seed);
            List<double> randoms = [];
            for (int i = 0; i < randomCount; i++)
            {
                KvPair[] pairs = KvRandomProfile.Draw(layers, budget, profile => Bits(tuning.Form, profile), random);
                randoms.Add(Perplexity(tuned, tuning.Form, pairs, randomWindows));
            }

            (string Name, double Bits, double Perplexity)[] allowed = [.. uniform.Where(profile => profile.Bits <= budget)];
            (string Name, double Bits, double Perplexity)? best = allowed.Length == 0 ? null : allowed.MinBy(profile => profile.Perplexity);
            rows.Add(new KvHeldOutRow(
                budget, chosen.Bits, Perplexity(tuned, tuning.Form, chosen.Pairs, windows.Count), best?.Name, best?.Bits, best?.Perplexity,
                randoms.Count == 0 ? null : Median(randoms), Perplexity(tuned, tuning.Form, chosen.Pairs, randomWindows)));
        }

        int scored = windows[0].Length - 1;
        progress?.Report(1);
        return new KvHeldOutTable(dense, (long)scored * windows.Count, (long)scored * randomWindows, randomCount, rows);

        double Bits(KvProfile form, IReadOnlyList<KvPair> pairs) => (form with { Pairs = pairs }).EffectiveBits(headSize);

        double Perplexity(KvTrials trials, KvProfile form, IReadOnlyList<KvPair> pairs, int windowCount)
        {
            List<double> losses = [];
            for (int window = 0; window < windowCount; window++)
            {
                cancellation.ThrowIfCancellationRequested();
                losses.Add(kept.Measure(
                    string.Create(CultureInfo.InvariantCulture, $"{window} {form.ModeName} {form.ValueGroup} {KvSearch.Name(pairs)}"),
                    () => trials.All(window, pairs)).LogLoss);
                done += 1.0 / windows.Count;
                progress?.Report(Math.Min(done / total, 0.999));
            }

            return Math.Exp(losses.Average());
        }
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
