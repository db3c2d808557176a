using Sparrow.Compression.KvTuning;
using Sparrow.Runtime.KvCache;
using Xunit;

namespace Sparrow.Compression.Tests.KvTuning;

/// <summary>The search against losses that are known: layers cost differently, and profiles as the sum of their layers with a little on top.</summary>
public sealed class KvSearchTests
{
    private const int LayerCount = 6;

    [Fact]
    public void The_search_comes_close_to_the_best_profile_of_every_budget()
    {
        KvSearch search = Search(seed: 3, out KvPrediction prediction);
        search.Run(Genes(), 150, cancellation: TestContext.Current.CancellationToken);

        foreach (double bits in new[] { 3.75, 4.25, 5 })
        {
            double best = EveryProfile().Where(pairs => prediction.Bits(pairs) <= bits).Min(pairs => Loss(pairs));
            double found = search.Tried.Where(candidate => candidate.IsComplete && candidate.Bits <= bits).Min(candidate => candidate.Divergence);
            Assert.InRange(found, best, best * 1.05);
        }
    }

    [Fact]
    public void Equal_seeds_try_equal_profiles()
    {
        string[] first = Names(5);

        Assert.Equal(first, Names(5));
        Assert.NotEqual(first, Names(6));

        static string[] Names(int seed)
        {
            KvSearch search = Search(seed, out _);
            search.Run(Genes(), 60);
            return [.. search.Tried.Select(candidate => KvSearch.Name(candidate.Pairs))];
        }
    }

    [Fact]
    public void Profiles_that_are_far_worse_than_cheaper_ones_are_not_tried_on_every_window()
    {
        int measured = 0;
        KvSearch search = new(Prediction(), new KvTuningOptions(), 3, (_, pairs) =>
        {
            measured++;
            return new KvLoss(pairs[0].KeyBits == 2 ? 1 : 0.01, 0);
        });
        KvPair[] good = [.. Enumerable.Repeat(new KvPair(4, 4), LayerCount)];
        KvPair[] bad = [.. Enumerable.Repeat(new KvPair(2, 8), LayerCount)];

        Assert.True(search.Try(good).IsComplete);
        Assert.False(search.Try(bad).IsComplete);
        Assert.Equal(3 + 1, measured);
        Assert.True(search.Try(bad, completely: true).IsComplete);
    }

    [Fact]
    public void Selection_goes_by_domination_and_then_by_room()
    {
        (double, double)[] points = [(1, 8), (2, 4), (2.1, 3.9), (4, 2), (8, 1), (5, 5)];

        Assert.Equal([(1, 8), (8, 1), (4, 2)], KvSearch.Select([.. points], 3, point => point));
        Assert.Equal(points[..5], KvSearch.Select([.. points], 5, point => point));
        Assert.Equal(points, KvSearch.Select([.. points], 9, point => point));
    }

    [Fact]
    public void The_prediction_fills_a_budget_that_it_is_given()
    {
        KvPrediction prediction = Prediction();

        KvPair[] pairs = prediction.Best(Genes(), 4.25)!;

        Assert.InRange(prediction.Bits(pairs), 4, 4.25);
        Assert.Equal(EveryProfile().Where(other => prediction.Bits(other) <= 4.25).Min(prediction.Divergence), prediction.Divergence(pairs), 0.02);
        Assert.Null(prediction.Best(Genes(), 2));
    }

    [Theory]
    [InlineData(3.75)]
    [InlineData(5)]
    public void Random_profiles_have_the_bits_that_are_asked_for(double bits)
    {
        Random random = new(1);
        for (int i = 0; i < 50; i++)
        {
            KvPair[] pairs = KvRandomProfile.Draw(30, bits, profile => profile.Average(Bits), random);
            Assert.InRange(pairs.Average(Bits), bits - (4 / 60.0), bits);
        }

        Assert.Throws<ArgumentException>(() => KvRandomProfile.Draw(30, 2.5, profile => profile.Average(Bits), random));
    }

    private static KvSearch Search(int seed, out KvPrediction prediction)
    {
        prediction = Prediction();
        return new KvSearch(prediction, new KvTuningOptions { Seed = seed }, 2, (_, pairs) => new KvLoss(Loss(pairs), 0));
    }

    private static KvPrediction Prediction() => new([.. Enumerable.Range(0, LayerCount).Select(Sensitivity)], Bits, Bits);

    private static List<KvGene> Genes() => [.. Enumerable.Range(0, LayerCount).Select(layer => new KvGene([layer], [new(8, 8), new(8, 4), new(4, 4), new(4, 2), new(2, 2)]))];

    private static double Bits(KvPair pair) => ((pair.KeyBits + 1) + (pair.ValueBits + 0.5)) / 2;

    private static KvLayerSensitivity Sensitivity(int layer)
    {
        KvAttentionErrors none = new(
            new Dictionary<int, ErrorNorms>(), new Dictionary<int, ErrorNorms>(), new Dictionary<int, double>(), new Dictionary<KvPair, ErrorNorms>());
        double weight = 1 + (layer * layer % 7);
        return new KvLayerSensitivity(layer, none, Divergences(0.01 * weight), Divergences(0.005 * (8 - weight)));
    }

    private static Dictionary<int, double> Divergences(double scale) => new() { [8] = scale / 256, [4] = scale, [2] = scale * 16 };

    // Not what the prediction says: neighbours that are both narrow cost more.
    private static double Loss(IReadOnlyList<KvPair> pairs)
    {
        double loss = Enumerable.Range(0, LayerCount).Sum(layer => Sensitivity(layer).Divergence(pairs[layer]));
        for (int layer = 1; layer < LayerCount; layer++)
        {
            loss *= pairs[layer].KeyBits == 2 && pairs[layer - 1].KeyBits == 2 ? 1.2 : 1;
        }

        return loss;
    }

    private static IEnumerable<KvPair[]> EveryProfile()
    {
        IReadOnlyList<KvPair> choices = Genes()[0].Choices;
        for (int index = 0; index < Math.Pow(choices.Count, LayerCount); index++)
        {
            int rest = index;
            KvPair[] pairs = new KvPair[LayerCount];
            for (int layer = 0; layer < LayerCount; layer++)
            {
                (rest, int choice) = Math.DivRem(rest, choices.Count);
                pairs[layer] = choices[choice];
            }

            yield return pairs;
        }
    }
}
