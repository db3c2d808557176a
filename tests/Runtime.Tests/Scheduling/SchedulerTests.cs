using Sparrow.Runtime.Models;
using Sparrow.Runtime.Tests.Simulation;
using Xunit;

namespace Sparrow.Runtime.Tests.Scheduling;

public sealed class SchedulerTests
{
    [Fact]
    public void Decodes_go_first_and_prompts_fill_the_rest_in_chunks()
    {
        using SteppedEngine engine = new(new InferenceOptions { MaxBatchedTokens = 40 });
        List<int[]> steps = Record(engine);
        engine.Add(SteppedEngine.Request(SteppedEngine.Prompt(10), 20));
        engine.Engine.Step();
        engine.Add(SteppedEngine.Request(SteppedEngine.Prompt(80, first: 9), 3));
        engine.Engine.Step();
        engine.Engine.Step();
        engine.Engine.Step();
        Assert.Equal([[10], [1, 32], [1, 32], [1, 16]], steps);
    }

    [Fact]
    public void A_slow_model_gets_small_chunks_while_others_decode_and_large_ones_alone()
    {
        // 1 ms a token: the 50 ms between tokens leave room for one block; without decodes half a second is allowed.
        using SteppedEngine engine = new(blocks: 200);
        List<int[]> steps = Record(engine);
        Action<StepBatch> record = engine.Model.BeforeForward!;
        engine.Model.BeforeForward = batch =>
        {
            record(batch);
            engine.Time.Advance(TimeSpan.FromMilliseconds(batch.TokenCount));
        };
        engine.Add(SteppedEngine.Request(SteppedEngine.Prompt(1_000), 5));
        engine.RunToEnd();
        Assert.Equal([256], steps[0]);
        Assert.Equal([480], steps[1]);
        steps.Clear();
        engine.Engine.ResetPrefixCache();
        engine.Add(SteppedEngine.Request(SteppedEngine.Prompt(5), 40));
        engine.Engine.Step();
        engine.Add(SteppedEngine.Request(SteppedEngine.Prompt(1_000, first: 3), 1));
        engine.Engine.Step();
        Assert.Equal([1, 32], steps[1]);
    }

    [Fact]
    public void Short_prompts_overtake_a_long_one_that_keeps_half_of_the_step()
    {
        using SteppedEngine engine = new(new InferenceOptions { MaxBatchedTokens = 64 }, blocks: 64);
        List<int[]> steps = Record(engine);
        engine.Add(SteppedEngine.Request(SteppedEngine.Prompt(600), 1));
        engine.Engine.Step();
        engine.Add(SteppedEngine.Request(SteppedEngine.Prompt(20, first: 5), 1));
        engine.Add(SteppedEngine.Request(SteppedEngine.Prompt(30, first: 7), 1));
        engine.Engine.Step();
        Assert.Equal([64], steps[0]);

        // 20 + 12 for the short ones, 32 for the long one.
        Assert.Equal([20, 12, 32], steps[1]);
    }

    [Fact]
    public void Only_so_many_long_prompts_are_prefilled_at_once()
    {
        using SteppedEngine engine = new(new InferenceOptions { MaxBatchedTokens = 64, MaxLongPrefills = 1 }, blocks: 64);
        List<int[]> steps = Record(engine);
        engine.Add(SteppedEngine.Request(SteppedEngine.Prompt(200), 1));
        engine.Add(SteppedEngine.Request(SteppedEngine.Prompt(200, first: 3), 1));
        engine.Engine.Step();
        engine.Engine.Step();
        Assert.All(steps, step => Assert.Single(step));
    }

    [Fact]
    public void The_newest_of_the_lowest_priority_is_preempted_first()
    {
        using SteppedEngine engine = new(new InferenceOptions { PrefixCaching = false }, blocks: 5);
        Generation important = engine.Add(Long(priority: -1));
        Generation older = engine.Add(Long(priority: 0));
        Generation newer = engine.Add(Long(priority: 0));
        Generation lowest = engine.Add(Long(priority: 5));
        engine.RunToEnd();
        Assert.Equal(0, important.Statistics.Preemptions);
        Assert.True(lowest.Statistics.Preemptions >= newer.Statistics.Preemptions);
        Assert.True(newer.Statistics.Preemptions >= older.Statistics.Preemptions);
        Assert.True(lowest.Statistics.Preemptions > 0);
        foreach (Generation generation in (Generation[])[important, older, newer, lowest])
        {
            Assert.Equal(70, SteppedEngine.TokensOf(generation).Count);
        }

        static GenerationRequest Long(int priority) => SteppedEngine.Request([1 + (priority & 3), 2], 70) with { Priority = priority };
    }

    [Fact]
    public void A_sequence_preempted_often_enough_is_protected()
    {
        using SteppedEngine engine = new(new InferenceOptions { PrefixCaching = false, MaxPreemptions = 1 }, blocks: 4);
        List<Generation> generations = [.. Enumerable.Range(1, 6).Select(i => engine.Add(SteppedEngine.Request([i, 2], 100)))];
        engine.RunToEnd();
        Assert.All(generations, generation => Assert.Equal(100, SteppedEngine.TokensOf(generation).Count));
        Assert.Contains(generations, generation => generation.Statistics.Preemptions == 1);
    }

    [Fact]
    public void Choices_share_the_prompts_blocks()
    {
        using SteppedEngine engine = new();
        engine.Add(SteppedEngine.Request(SteppedEngine.Prompt(70), 5) with { Choices = 4, Sampling = new() { Seed = 1 } });
        engine.Engine.Step();
        Assert.Equal(4, engine.Scheduler.Running.Count);
        Assert.Equal(2, engine.Scheduler.Blocks.HeldCount);
        Assert.Equal(4, engine.Scheduler.Blocks.ReferencesOf(engine.Scheduler.Running[3].BlockTable[1]));
        EngineInvariants.Check(engine.Scheduler, engine.Model);
    }

    [Fact]
    public void A_prefix_hit_leaves_the_last_token_to_compute()
    {
        using SteppedEngine engine = new();
        List<int[]> steps = Record(engine);
        int[] prompt = SteppedEngine.Prompt(64);
        Generation first = engine.Add(SteppedEngine.Request(prompt, 1));
        engine.RunToEnd();
        Generation second = engine.Add(SteppedEngine.Request(prompt, 1));
        Generation salted = engine.Add(SteppedEngine.Request(prompt, 1) with { CacheSalt = "mine" });
        engine.RunToEnd();
        Assert.Equal([64], steps[0]);
        Assert.Equal([32, 64], steps[1]);
        Assert.Equal((0, 32, 0), (first.Statistics.CachedPromptTokens, second.Statistics.CachedPromptTokens, salted.Statistics.CachedPromptTokens));
        Assert.Equal(SteppedEngine.TokensOf(first), SteppedEngine.TokensOf(second));
    }

    [Fact]
    public void Blocks_that_another_seals_meanwhile_are_taken_and_not_computed()
    {
        using SteppedEngine engine = new(new InferenceOptions { MaxBatchedTokens = 64, MaxLongPrefills = 1 });
        List<int[]> steps = Record(engine);
        int[] prompt = SteppedEngine.Prompt(130);
        engine.Add(SteppedEngine.Request(prompt, 1));
        Generation second = engine.Add(SteppedEngine.Request([.. prompt, 5], 1));
        engine.RunToEnd();
        Assert.Equal(128, second.Statistics.CachedPromptTokens);
        Assert.Equal(130 + 3, steps.Sum(step => step.Sum()));
    }

    [Fact]
    public void What_two_sequences_compute_at_once_is_kept_once()
    {
        using SteppedEngine engine = new();
        int[] prompt = SteppedEngine.Prompt(66);
        engine.Add(SteppedEngine.Request(prompt, 10));
        engine.Add(SteppedEngine.Request(prompt, 10));
        engine.Engine.Step();
        Assert.Equal(2, engine.Scheduler.Running.Count);
        Assert.Equal(2, engine.Scheduler.Blocks.HeldCount);
        EngineInvariants.Check(engine.Scheduler, engine.Model);
    }

    private static List<int[]> Record(SteppedEngine engine)
    {
        List<int[]> steps = [];
        engine.Model.BeforeForward = batch => steps.Add([.. batch.Sequences.ToArray().Select(sequence => sequence.TokenCount)]);
        return steps;
    }
}
