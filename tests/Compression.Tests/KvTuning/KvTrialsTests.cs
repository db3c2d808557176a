using Sparrow.Compression.Evaluation;
using Sparrow.Compression.KvTuning;
using Sparrow.Runtime;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.KvTuning;

/// <summary>Trials on a small random model against its paged cache, and a whole search.</summary>
public sealed class KvTrialsTests : IDisposable
{
    private readonly TinyModel _tiny = TinyModel.Create(new RandomCheckpointOptions { LayerCount = 3 });
    private readonly string _journal = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    [Theory]
    [InlineData(KvQuantizerMode.PerToken)]
    [InlineData(KvQuantizerMode.Kivi)]
    public void A_trials_loss_is_that_of_the_paged_cache_to_the_bit(KvQuantizerMode mode)
    {
        int[] window = Window(1, 150);
        KvPair[] pairs = [new(4, 2), new(2, 8), new(8, 4)];
        KvProfile profile = new("trial", pairs) { Mode = mode };
        KvProfileFile.Write(_journal, profile);
        using LoadedModel paged = ModelLoader.Load(_tiny.Folder, Options(_journal));
        double expected = -new SequenceScorer(paged, 64).Score([new ScoredSequence(window, 1)], TestContext.Current.CancellationToken)[0].Logprobs.Average();

        using LoadedModel model = ModelLoader.Load(_tiny.Folder, Options("kv16"));
        using KvTrials trials = new(Decoder(model), profile, [window]);

        Assert.Equal(expected, trials.All(0, pairs).LogLoss, 1e-12);
        Assert.True(trials.All(0, pairs).Divergence > 0);
    }

    [Fact]
    public void Trials_of_one_layer_begin_at_kept_streams_and_change_nothing_else()
    {
        int[][] windows = [Window(1, 96), Window(2, 96)];
        using LoadedModel model = ModelLoader.Load(_tiny.Folder, Options("kv16"));
        KvProfile form = KvProfile.Uniform("form", 3, new KvPair(16, 16), KvQuantizerMode.Kivi);
        using KvTrials kept = new(Decoder(model), form, windows);
        using KvTrials recomputed = new(Decoder(model), form, windows, keptBytes: 1);

        for (int layer = 0; layer < 3; layer++)
        {
            KvPair[] pairs = [.. Enumerable.Repeat(kept.DensePair, 3)];
            pairs[layer] = new KvPair(2, 4);
            KvLoss loss = kept.OneLayer(1, layer, new KvPair(2, 4));
            Assert.Equal(loss, recomputed.OneLayer(1, layer, new KvPair(2, 4)));
            Assert.Equal(loss, kept.All(1, pairs));
        }

        KvLoss dense = kept.All(1, [.. Enumerable.Repeat(kept.DensePair, 3)]);
        Assert.Equal(0, dense.Divergence, 1e-12);
        Assert.Equal(kept.Dense(1).LogLoss, dense.LogLoss);
    }

    [Fact]
    public void A_resumed_search_ends_where_an_uninterrupted_one_does()
    {
        int[][] windows = [Window(1, 96), Window(2, 96)];
        KvTuningOptions options = new() { Evaluations = 20, Population = 6, Journal = _journal, Subject = "tiny" };
        using LoadedModel model = ModelLoader.Load(_tiny.Folder, Options("kv16"));
        KvTuningResult whole = KvTuner.Run(model, windows, options, null, TestContext.Current.CancellationToken);
        string[] lines = File.ReadAllLines(_journal);
        File.WriteAllLines(_journal, lines[..(lines.Length / 2)]);

        KvTuningResult resumed = KvTuner.Run(model, windows, options with { Resume = true }, null, TestContext.Current.CancellationToken);

        Assert.Equal(lines, File.ReadAllLines(_journal));
        Assert.Equal(KvTuningReport.ToJson(whole, null), KvTuningReport.ToJson(resumed, null));
        Assert.Equal(Enumerable.Range(0, 3), whole.Groups.SelectMany(group => group.Layers).Order());

        // The front is one: more bits, less divergence; and a bound of bits takes the best below it.
        Assert.All(whole.Front.Zip(whole.Front.Skip(1)), pair => Assert.True(pair.First.Bits < pair.Second.Bits && pair.First.Divergence > pair.Second.Divergence));
        KvCandidate chosen = whole.Choose(5, null)!;
        Assert.Equal(whole.Front.Where(candidate => candidate.Bits <= 5).Min(candidate => candidate.Divergence), chosen.Divergence);
        Assert.Equal(whole.Front[0], whole.Choose(null, 1e9));
        Assert.Null(whole.Choose(2, null));
        Assert.StartsWith("<svg", KvFrontChart.ToSvg(whole, chosen), StringComparison.Ordinal);
        Assert.Contains(", chosen |", KvTuningReport.ToTable(whole, chosen), StringComparison.Ordinal);
    }

    [Fact]
    public void Time_enters_the_cost_where_it_is_asked_for_and_is_not_measured_twice()
    {
        KvTuningOptions options = new() { Evaluations = 8, Population = 6, SpeedWeight = 0.5, Journal = _journal };
        using LoadedModel model = ModelLoader.Load(_tiny.Folder, Options("kv16"));
        KvTuningResult first = KvTuner.Run(model, [Window(1, 96)], options, null, TestContext.Current.CancellationToken);

        KvTuningResult again = KvTuner.Run(model, [Window(1, 96)], options with { Resume = true }, null, TestContext.Current.CancellationToken);

        Assert.All(first.Tried, candidate => Assert.True(candidate.Cost > 0 && candidate.Cost != candidate.Bits));
        Assert.Equal(first.Tried.Select(candidate => candidate.Cost), again.Tried.Select(candidate => candidate.Cost));
        Assert.Equal(10, File.ReadLines(_journal).Count(line => line.StartsWith("time ", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_held_out_check_fills_its_table()
    {
        using LoadedModel model = ModelLoader.Load(_tiny.Folder, Options("kv16"));
        KvTuningOptions options = new() { Evaluations = 12, Population = 6 };
        KvTuningResult tuning = KvTuner.Run(model, [Window(1, 96)], options, null, TestContext.Current.CancellationToken);

        KvHeldOutTable table = KvHeldOutCheck.Run(
            model, tuning, [Window(8, 96), Window(9, 96)], [4, 5.5], randomCount: 3, randomWindows: 1, cancellation: TestContext.Current.CancellationToken);

        Assert.Equal((190, 95, 3), (table.Tokens, table.RandomTokens, table.RandomCount));
        Assert.All(table.Rows, row => Assert.True(row.TunedBits <= row.Budget && row.UniformBits <= row.Budget && row.RandomMedian > 0));
        Assert.Equal(table.Rows.Count + 4, KvTuningReport.ToTable(table).TrimEnd().Split('\n').Length);
    }

    public void Dispose()
    {
        _tiny.Dispose();
        File.Delete(_journal);
    }

    private static DecoderModel Decoder(LoadedModel model) => ((PagedDecoder)model.StepModel).Model;

    private static InferenceOptions Options(string profile) => new() { KvProfile = profile, MaxRunning = 4, MaxBatchedTokens = 160 };

    private static int[] Window(int seed, int length)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(256))];
    }
}
