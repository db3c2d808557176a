using System.Text.Json;
using Sparrow.Compression.Allocation;
using Xunit;

namespace Sparrow.Compression.Tests.Allocation;

public sealed class EvoPressTests
{
    private static readonly EvoPressOptions s_small =
        new() { Generations = 60, Offspring = 16, Stages = [new(4, 100), new(1, 400)], Seed = 3 };

    private static readonly EvoPressUnit[] s_units = [.. Enumerable.Range(0, 12).Select(i => new EvoPressUnit(-4, 4, i % 2))];

    [Fact]
    public void Fitness_of_given_logits_equals_that_of_the_authors_code()
    {
        JsonElement stored = GoldenVectors.Load("evopress.json").GetProperty("fitness");
        double sum = 0;
        double top4 = 0;
        double top10 = 0;
        int count = 0;
        for (int i = 0; i < stored.GetProperty("teacher").GetArrayLength(); i++)
        {
            // The last position of a sample predicts a token that is not there.
            int vocabulary = stored.GetProperty("teacher")[i].Shape()[1];
            float[] teacher = stored.GetProperty("teacher")[i].Floats()[..^vocabulary];
            float[] student = stored.GetProperty("student")[i].Floats()[..^vocabulary];
            sum += LogitDivergence.KullbackLeibler(teacher, student, vocabulary).Sum();
            top4 += LogitDivergence.KullbackLeiblerOfTop(teacher, student, vocabulary, 4).Sum();
            top10 += LogitDivergence.KullbackLeiblerOfTop(teacher, student, vocabulary, 10).Sum();
            count += teacher.Length / vocabulary;
        }

        Assert.Equal(1, sum / count / stored.Number("kl"), 1e-4);
        Assert.Equal(1, top4 / count / stored.Number("kl_top4"), 1e-4);
        Assert.Equal(1, top10 / count / stored.Number("kl_top10"), 1e-4);
    }

    [Fact]
    public void The_search_finds_the_best_levels_and_keeps_the_budget()
    {
        // Every unit has a level it wants; the wishes of each group add up to 0, so they can all be met.
        int[] wanted = [3, -2, -3, 2, 1, 4, -1, -4, 2, 0, -2, 0];
        double Distance(int[] levels) => levels.Zip(wanted, (a, b) => (double)((a - b) * (a - b))).Sum();
        double last = double.PositiveInfinity;
        EvoPressSearch search = new(s_units, s_small, (candidates, _, _, _) => [.. candidates.Select(Distance)]);
        EvoPressState end = search.Run(search.Start(), state =>
        {
            AssertBudget(state.Levels);
            Assert.True(Distance(state.Levels) <= last, "With a fitness that does not change, the parent never gets worse.");
            last = Distance(state.Levels);
        }, TestContext.Current.CancellationToken);
        Assert.Equal(wanted, end.Levels);
    }

    [Fact]
    public void A_search_that_is_resumed_ends_like_one_that_was_not()
    {
        static IReadOnlyList<double> Fitness(IReadOnlyList<int[]> candidates, int tokens, Random random, CancellationToken cancellation)
        {
            double noise = random.NextDouble() + tokens;
            return [.. candidates.Select(levels => levels.Select((level, i) => Math.Sin((level + noise) * (i + 1))).Sum())];
        }

        CancellationToken cancellation = TestContext.Current.CancellationToken;
        List<EvoPressState> journal = [];
        EvoPressSearch search = new(s_units, s_small, Fitness);
        EvoPressState whole = search.Run(search.Start(), journal.Add, cancellation);
        EvoPressState resumed = new EvoPressSearch(s_units, s_small, Fitness).Run(journal[20], null, cancellation);
        Assert.Equal(whole.Levels, resumed.Levels);
        Assert.NotEqual(
            whole.Levels, new EvoPressSearch(s_units, s_small with { Seed = 4 }, Fitness).Run(search.Start(), null, cancellation).Levels);
    }

    [Fact]
    public void Children_are_different_from_each_other_and_their_parent_and_within_range()
    {
        EvoPressSearch search = new(s_units, s_small with { Offspring = 64 }, (candidates, _, _, _) => new double[candidates.Count]);
        int[] parent = [4, -4, 4, -4, 4, -4, -4, 4, -4, 4, -4, 4];
        List<int[]> children = search.CreateOffspring(parent, new Random(1));
        Assert.Equal(64, children.Count);
        Assert.Equal(64, children.Select(levels => string.Join(',', levels)).Distinct().Count());
        Assert.All(children, levels =>
        {
            AssertBudget(levels);
            Assert.NotEqual(parent, levels);
        });
    }

    [Fact]
    public void A_search_without_room_ends_with_its_start()
    {
        EvoPressUnit[] stuck = [new(0, 0), new(0, 0)];
        EvoPressSearch search = new(stuck, s_small, (candidates, _, _, _) => new double[candidates.Count]);
        Assert.Equal([0, 0], search.Run(search.Start(), null, TestContext.Current.CancellationToken).Levels);
    }

    [Fact]
    public void A_candidate_without_a_score_does_not_win()
    {
        EvoPressSearch search = new(
            s_units, s_small with { Generations = 3 },
            (candidates, _, _, _) => [.. candidates.Select(levels => levels.All(level => level == 0) ? 1 : double.NaN)]);
        Assert.All(search.Run(search.Start(), null, TestContext.Current.CancellationToken).Levels, level => Assert.Equal(0, level));
    }

    [Fact]
    public void Mutations_of_one_exchange_make_five_ninths()
    {
        EvoPressSearch search = new(s_units, s_small, (candidates, _, _, _) => new double[candidates.Count]);
        Random random = new(9);
        int ones = Enumerable.Range(0, 9000).Count(_ => search.DrawExchanges(random) == 1);
        Assert.InRange(ones, 4800, 5200);
    }

    [Fact]
    public void Levels_are_steps_of_equally_many_weights()
    {
        SparsityLevels levels = new(0.7, 1000);
        Assert.Equal(0.7, levels.At(0, 4000));
        Assert.Equal(0.95, levels.At(1, 4000), 1e-12);
        Assert.Equal(0.45, levels.At(-1, 4000), 1e-12);
        Assert.Equal(1, levels.Highest(4000));
        Assert.Equal(-2, levels.Lowest(4000));
        Assert.Equal(8, levels.Highest(1_000_000));
        Assert.Equal(6220, SparsityLevels.DefaultWeightsPerStep(0.7, 576));
        Assert.Throws<ArgumentException>(() => new EvoPressSearch([new(1, 2)], s_small, (_, _, _, _) => []));
    }

    [Fact]
    public void Draws_hold_exactly_the_tokens_and_no_sample_twice()
    {
        List<(int Sample, int Length)> drawn = CalibrationDraw.Draw([5, 7, 3, 9, 4], 17, new Random(2));
        Assert.Equal(17, drawn.Sum(item => item.Length));
        Assert.Equal(drawn.Count, drawn.Select(item => item.Sample).Distinct().Count());
        Assert.Equal(28, CalibrationDraw.Draw([5, 7, 3, 9, 4], 100, new Random(2)).Sum(item => item.Length));
    }

    private static void AssertBudget(int[] levels)
    {
        Assert.Equal(0, levels.Where((_, i) => i % 2 == 0).Sum());
        Assert.Equal(0, levels.Where((_, i) => i % 2 == 1).Sum());
        Assert.All(levels, level => Assert.InRange(level, -4, 4));
    }
}
