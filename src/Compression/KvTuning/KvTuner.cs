using System.Globalization;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.KvTuning;

/// <summary>
/// Finds each layer's precision of keys and values (KVTuner, arXiv 2502.04420): what each layer loses alone, the pairs worth having in it, layers that
/// behave alike, and a search of profiles by effective bits and divergence.
/// </summary>
/// <remarks>
/// <para>Everything is measured teacher-forced, by the kernels and codecs that serve, under the paged cache's reading rule.</para>
/// <para>
/// Against the paper: pairs are pruned and layers clustered by the divergence of the model's outputs where one layer is quantised, not by the error of
/// its attention, which foretells it poorly (rank correlation below 0.5 over the layers of SmolLM2); and the second half of the search gives every
/// layer a pair of its own, from where the clusters' search ended.
/// </para>
/// <para>
/// Load the model with float activations. Rounding activations to int8 turns the smallest change of a cache into a divergence of 0.0025 nats on
/// SmolLM2, whatever the layer and the bits, which is a hundred times what 4-bit keys cost many layers; no ranking survives it.
/// </para>
/// </remarks>
public static class KvTuner
{
    /// <summary>Runs a search.</summary>
    /// <param name="model">The model; belongs to no engine meanwhile.</param>
    /// <param name="windows">Tokens to tune on: windows of equal length, no longer than a step of the model.</param>
    /// <param name="options">Settings.</param>
    /// <param name="progress">Share done, 0 to 1.</param>
    /// <param name="cancellation">Ends it between measurements; the journal keeps what is done.</param>
    /// <exception cref="InvalidDataException">The journal to go on with is of another search.</exception>
    public static KvTuningResult Run(
        LoadedModel model, IReadOnlyList<int[]> windows, KvTuningOptions options, IProgress<double>? progress = null, CancellationToken cancellation = default) =>
        Run(((PagedDecoder)model.StepModel).Model, windows, options, progress, cancellation);

    internal static KvTuningResult Run(
        DecoderModel model, IReadOnlyList<int[]> windows, KvTuningOptions options, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        // Behind requests that are served meanwhile.
        model.Lane = WorkerLane.Compression;
        ModelConfig config = model.Config;
        KvProfile form = FormOf(options, config.LayerCount);
        double LayerBits(KvPair pair) => (form with { Pairs = [pair] }).EffectiveBits(config.HeadSize);
        string subject = string.Create(
            CultureInfo.InvariantCulture, $"{options.Subject} {form.ModeName} group {form.ValueGroup}, {windows.Count} windows of {windows[0].Length}");
        using KvTrials trials = new(model, form, windows);
        using KvTuningJournal journal = new(options.Journal, subject, options.Resume);

        // 1. Each layer by itself.
        int uniformCount = KvErrorMeter.Widths.Length * KvErrorMeter.Widths.Length;
        Steps steps = new(progress, (config.LayerCount * 2) + (2 * (uniformCount + options.Evaluations)));
        List<KvLayerSensitivity> sensitivities = MeasureLayers(trials, journal, config, form, options, steps, cancellation);

        // 2. The pairs worth having in it, and layers that behave alike.
        Func<KvPair, double> layerCost = options.SpeedWeight == 0 ? LayerBits : CostWithTime(model, form, options.SpeedWeight, LayerBits, journal);
        List<IReadOnlyList<KvPair>> kept = [.. sensitivities.Select(layer => Prune(layer, layerCost))];
        List<KvGene> clusters =
        [
            .. LayerClusters.Find(
                [.. kept.Select(KvSearch.Name)],
                [.. sensitivities.Select((layer, i) => kept[i].Select(layer.Amplitude).ToArray())],
                options.ClusterRadius).Select(layers => new KvGene(layers, kept[layers[0]])),
        ];

        // 3. The search: uniform profiles, one pair a cluster, one pair a layer.
        KvPrediction prediction = new(sensitivities, LayerBits, layerCost);
        KvSearch search = new(prediction, options, windows.Count, (window, pairs) =>
        {
            steps.Advance(2.0 / windows.Count);
            return journal.Measure($"{window} {KvSearch.Name(pairs)}", () => trials.All(window, pairs));
        });
        List<KvCandidate> uniform = [];
        foreach (KvPair pair in Pairs())
        {
            cancellation.ThrowIfCancellationRequested();
            uniform.Add(search.Try([.. Enumerable.Repeat(pair, config.LayerCount)], completely: true));
        }

        List<KvGene> layers = [.. kept.Select((pairs, layer) => new KvGene([layer], pairs))];
        search.Run(clusters, uniform.Count + (options.Evaluations / 2), cancellation: cancellation);
        search.Run(layers, uniform.Count + options.Evaluations, cancellation: cancellation);
        steps.Finish();
        return new KvTuningResult(form, sensitivities, [.. clusters.Select(gene => (gene.Layers, gene.Choices))], [.. search.Tried], uniform);
    }

    /// <summary>Mode, groups and scales that the options ask for, in a profile without quantised layers.</summary>
    internal static KvProfile FormOf(KvTuningOptions options, int layerCount) =>
        KvProfile.Uniform("tuned", layerCount, new KvPair(16, 16), options.Mode) with { ValueGroup = options.ValueGroup };

    /// <summary>The pairs that are tried.</summary>
    internal static IEnumerable<KvPair> Pairs() => KvErrorMeter.Widths.SelectMany(keys => KvErrorMeter.Widths.Select(values => new KvPair(keys, values)));

    /// <summary>The pairs of a layer that no other beats at both cost and divergence.</summary>
    internal static List<KvPair> Prune(KvLayerSensitivity layer, Func<KvPair, double> cost) => ParetoPruning.Keep([.. Pairs()], cost, layer.Divergence);

    // Times go through the journal like losses: a resumed search must not weigh with others.
    private static Func<KvPair, double> CostWithTime(
        DecoderModel model, KvProfile form, double weight, Func<KvPair, double> layerBits, KvTuningJournal journal)
    {
        KvPair dense = new(16, 16);
        Dictionary<KvPair, double>? measured = null;
        Dictionary<KvPair, double> times = Pairs().Append(dense).ToDictionary(pair => pair, pair => journal.Measure($"time {pair.KeyBits}/{pair.ValueBits}", () =>
        {
            ModelConfig config = model.Config;
            measured ??= KvPairTimer.Measure(
                config.HeadSize, config.HeadCount / config.KvHeadCount, form, [dense, .. Pairs()], model.Options.Kernels);
            return new KvLoss(measured[pair], 0);
        }).Divergence);
        return pair => ((1 - weight) * layerBits(pair)) + (weight * 16 * times[pair] / times[dense]);
    }

    private static List<KvLayerSensitivity> MeasureLayers(
        KvTrials trials, KvTuningJournal journal, ModelConfig config, KvProfile form, KvTuningOptions options, Steps steps, CancellationToken cancellation)
    {
        int windowCount = Math.Clamp(options.SensitivityWindows, 1, trials.WindowCount);
        KvErrorMeter meter = new(config, form, ownBlockIsOpen: true, options.QueryStride);
        List<KvLayerSensitivity> layers = [];
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            cancellation.ThrowIfCancellationRequested();
            KvAttentionErrors errors = meter.Measure(trials.Activations(0, layer), layer);
            layers.Add(new KvLayerSensitivity(
                layer,
                errors,
                Divergences(bits => Divergence(layer, trials.DensePair with { KeyBits = bits })),
                Divergences(bits => Divergence(layer, trials.DensePair with { ValueBits = bits }))));
            steps.Advance(2);
        }

        return layers;

        // 8 bits are not measured: steps are 17 times finer than at 4 bits and divergence goes with their square, below what rounding elsewhere does.
        static Dictionary<int, double> Divergences(Func<int, double> measure)
        {
            double four = measure(4);
            return new Dictionary<int, double> { [8] = four / (17 * 17), [4] = four, [2] = measure(2) };
        }

        double Divergence(int layer, KvPair pair) => Enumerable.Range(0, windowCount).Average(window =>
            journal.Measure($"{window} layer {layer} {pair.KeyBits}/{pair.ValueBits}", () => trials.OneLayer(window, layer, pair)).Divergence);
    }

    /// <summary>Counts up to a share of 1.</summary>
    private sealed class Steps(IProgress<double>? progress, double total)
    {
        private double _done;

        public void Advance(double count)
        {
            _done += count;
            progress?.Report(Math.Min(_done / total, 0.999));
        }

        public void Finish() => progress?.Report(1);
    }
}
