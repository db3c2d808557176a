using Sparrow.Runtime.Sampling;
using Xunit;

namespace Sparrow.Runtime.Tests.Sampling;

public sealed class SamplerTests
{
    [Fact]
    public void Greedy_takes_the_lowest_of_equals()
    {
        float[] logits = new float[100];
        logits[17] = logits[63] = 5;
        Assert.Equal(17, Sample(logits, SamplingOptions.Greedy));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(33)]
    [InlineData(257)]
    public void The_maximum_is_found_at_every_place_of_a_row(int length)
    {
        for (int place = 0; place < length; place++)
        {
            float[] logits = new float[length];
            logits[place] = 1;
            logits[(place + 1) % length] = length > 1 ? float.NaN : 1;
            Assert.Equal(place, Sampler.IndexOfMaximum(logits));
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(float.PositiveInfinity)]
    public void A_row_without_a_finite_logit_is_refused(float value)
    {
        float[] logits = [value, value, value];
        Assert.Throws<InvalidOperationException>(() => Sample(logits, SamplingOptions.Greedy));
    }

    [Fact]
    public void Bias_comes_before_penalties_and_the_mask_wins()
    {
        float[] logits = [0, 1, 2, 3];
        SamplingOptions options = SamplingOptions.Greedy with { LogitBias = new Dictionary<int, float> { [0] = 10 } };
        Assert.Equal(0, Sample(logits, options));
        Assert.Equal(3, Sample(logits, options, masked: [0]));

        // The bias makes token 0's logit 10; the penalty divides what the bias has made: 10 / 4 < 3.
        Assert.Equal(3, Sample(logits, options with { RepetitionPenalty = 4 }, prompt: [0]));
    }

    [Fact]
    public void Repetition_penalty_lowers_positive_and_negative_logits_once()
    {
        // Token 1 counts once though it stands there three times: 3 / 1.4 = 2.14 > 2.
        Assert.Equal(1, Sample([2, 3], SamplingOptions.Greedy with { RepetitionPenalty = 1.4f }, prompt: [1, 1], generated: [1]));
        Assert.Equal(0, Sample([2, 3], SamplingOptions.Greedy with { RepetitionPenalty = 1.6f }, prompt: [1, 1], generated: [1]));
        Assert.Equal(1, Sample([-2, -3], SamplingOptions.Greedy with { RepetitionPenalty = 2f }, prompt: [0]));
    }

    [Fact]
    public void Frequency_and_presence_penalties_look_at_generated_tokens_only()
    {
        SamplingOptions frequency = SamplingOptions.Greedy with { FrequencyPenalty = 0.4f };
        Assert.Equal(1, Sample([2, 3], frequency, prompt: [1, 1, 1, 1]));
        Assert.Equal(1, Sample([2, 3], frequency, generated: [1, 1]));
        Assert.Equal(0, Sample([2, 3], frequency, generated: [1, 1, 1]));
        SamplingOptions presence = SamplingOptions.Greedy with { PresencePenalty = 0.8f };
        Assert.Equal(1, Sample([2, 3], presence, generated: [1, 1, 1]));
        Assert.Equal(0, Sample([2, 3], presence with { PresencePenalty = 1.2f }, generated: [1]));
    }

    [Fact]
    public void Penalties_leave_nothing_behind_for_the_next_draw()
    {
        Sampler sampler = new(3);
        SamplingOptions options = SamplingOptions.Greedy with { RepetitionPenalty = 9, FrequencyPenalty = 2 };
        Assert.Equal(0, sampler.Sample([2f, 3f, 1f], options, [1], [1], [], 0));
        Assert.Equal(1, sampler.Sample([2f, 3f, 1f], options, [], [], [], 0));
    }

    [Fact]
    public void Draws_follow_the_softmax()
    {
        float[] logits = [0, MathF.Log(2), MathF.Log(5)];
        double[] shares = Shares(logits, new SamplingOptions());
        Assert.Equal(1.0 / 8, shares[0], 0.02);
        Assert.Equal(2.0 / 8, shares[1], 0.02);
        Assert.Equal(5.0 / 8, shares[2], 0.02);
    }

    [Fact]
    public void Temperature_divides_the_logits()
    {
        double[] shares = Shares([0, MathF.Log(4)], new SamplingOptions { Temperature = 2 });
        Assert.Equal(1.0 / 3, shares[0], 0.02);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(300)]
    public void Top_k_keeps_the_k_likeliest_and_their_ratios(int k)
    {
        Random random = new(3);
        float[] logits = [.. Enumerable.Range(0, 1_000).Select(_ => (float)random.NextDouble() * 4)];
        HashSet<int> likeliest = [.. Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]).Take(k)];
        Assert.All(Draws(logits, new SamplingOptions { TopK = k }, 2_000), token => Assert.Contains(token, likeliest));
    }

    [Theory]
    [InlineData(0.1f)]
    [InlineData(0.5f)]
    [InlineData(0.9f)]
    [InlineData(0.9999f)]
    public void Top_p_keeps_the_smallest_set_that_reaches_p(float p)
    {
        Random random = new(4);
        float[] logits = [.. Enumerable.Range(0, 2_000).Select(_ => (float)random.NextDouble() * 9)];
        double sum = logits.Sum(logit => Math.Exp(logit));
        HashSet<int> nucleus = [];
        double reached = 0;
        foreach (int token in Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]))
        {
            if (reached >= p * sum)
            {
                break;
            }

            nucleus.Add(token);
            reached += Math.Exp(logits[token]);
        }

        HashSet<int> drawn = [.. Draws(logits, new SamplingOptions { TopP = p }, 4_000)];

        // One token may fall to either side of the bound by rounding.
        Assert.True(drawn.Except(nucleus).Count() <= 1);
        Assert.True(drawn.Count > Math.Min(nucleus.Count, 4_000) / 4);
    }

    [Fact]
    public void Top_p_counts_within_top_k_and_min_p_cuts_last()
    {
        float[] logits = [MathF.Log(40), MathF.Log(30), MathF.Log(20), MathF.Log(10)];

        // Of the first two, 0.5 is reached by the first alone: 40 of 70.
        Assert.All(Draws(logits, new SamplingOptions { TopK = 2, TopP = 0.5f }, 500), token => Assert.Equal(0, token));
        Assert.Equal([0, 1], Draws(logits, new SamplingOptions { TopP = 0.95f, MinP = 0.7f }, 500).Distinct().Order());
        Assert.Equal([0, 1, 2], Draws(logits, new SamplingOptions { MinP = 0.45f }, 500).Distinct().Order());
    }

    [Fact]
    public void Equal_logits_at_the_edge_of_top_k_go_by_lower_token()
    {
        float[] logits = new float[500];
        Assert.Equal(Enumerable.Range(0, 5), Draws(logits, new SamplingOptions { TopK = 5 }, 500).Distinct().Order());
    }

    [Fact]
    public void Draws_depend_on_seed_choice_and_position_only()
    {
        float[] logits = new float[1_000];
        int[] one = [.. Enumerable.Range(0, 50).Select(i => Draw(logits, seed: 7, choice: 0, position: i))];
        Assert.Equal(one, Enumerable.Range(0, 50).Reverse().Select(i => Draw(logits, seed: 7, choice: 0, position: i)).Reverse());
        Assert.NotEqual(one, Enumerable.Range(0, 50).Select(i => Draw(logits, seed: 8, choice: 0, position: i)));
        Assert.NotEqual(one, Enumerable.Range(0, 50).Select(i => Draw(logits, seed: 7, choice: 1, position: i)));
        Assert.True(one.Distinct().Count() > 40);
    }

    [Fact]
    public void Drawing_allocates_nothing()
    {
        Random random = new(5);
        float[] logits = [.. Enumerable.Range(0, 5_000).Select(_ => (float)random.NextDouble() * 9)];
        Sampler sampler = new(logits.Length);
        SamplingOptions[] kinds =
        [
            SamplingOptions.Greedy,
            new(),
            new() { TopP = 0.9f, FrequencyPenalty = 0.1f, RepetitionPenalty = 1.1f },
            new() { TopK = 40, TopP = 0.9f, MinP = 0.05f },
            new() { MinP = 0.1f },
            new() { LogitBias = new Dictionary<int, float> { [3] = 5 } },
        ];
        int[] text = [1, 2, 3, 2];
        int[] masked = [9];
        long allocated = 0;
        for (int round = 0; round < 50; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            foreach (SamplingOptions options in kinds)
            {
                sampler.Sample(logits, options, text, text, masked, 0);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void Quickselect_puts_the_largest_first_whatever_the_order()
    {
        Random random = new(6);
        for (int length = 0; length < 70; length++)
        {
            ulong[] keys = [.. Enumerable.Range(0, length).Select(i => (ulong)i)];
            random.Shuffle(keys);
            for (int count = 0; count <= length; count++)
            {
                Sampler.SelectTop(keys, count);
                Assert.Equal(Enumerable.Range(length - count, count), keys.Take(count).Order().Select(key => (int)key));
            }
        }
    }

    private static int Sample(
        float[] logits, SamplingOptions options, int[]? prompt = null, int[]? generated = null, int[]? masked = null) =>
        new Sampler(logits.Length).Sample(logits, options, prompt ?? [], generated ?? [], masked ?? [], 0);

    private static int Draw(float[] logits, long seed, int choice, int position) =>
        new Sampler(logits.Length).Sample(logits, new SamplingOptions { Seed = seed }, [], new int[position], [], choice);

    private static List<int> Draws(float[] logits, SamplingOptions options, int count)
    {
        Sampler sampler = new(logits.Length);
        return [.. Enumerable.Range(0, count).Select(i => sampler.Sample(logits, options with { Seed = i }, [], [], [], 0))];
    }

    private static double[] Shares(float[] logits, SamplingOptions options)
    {
        const int Count = 20_000;
        List<int> draws = Draws(logits, options, Count);
        return [.. Enumerable.Range(0, logits.Length).Select(token => draws.Count(drawn => drawn == token) / (double)Count)];
    }
}
