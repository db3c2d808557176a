using Xunit;

namespace Sparrow.Runtime.Tests.Simulation;

public sealed class EngineSimulationTests
{
    private const int Seeds = 1_000;

    [Fact]
    public void Random_arrivals_cancellations_and_preemptions_never_leak_a_block_or_change_an_output()
    {
        long preemptions = 0;
        long hits = 0;
        long recomputed = 0;
        for (int seed = 0; seed < Seeds; seed++)
        {
            try
            {
                using EngineSimulation simulation = new(seed);
                simulation.Run();
                preemptions += simulation.Counts.Preemptions;
                hits += simulation.Counts.PrefixHits;
                recomputed += simulation.Counts.RecomputedTokens;
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {seed}: {failure.Message}", failure);
            }
        }

        // The runs must have exercised what they are there for.
        Assert.True(preemptions > Seeds / 2 && hits > 50 * Seeds && recomputed > Seeds, $"{preemptions} {hits} {recomputed}");
    }

    [Fact]
    public void A_leaked_block_is_caught()
    {
        using SteppedEngine engine = new();
        engine.Scheduler.Blocks.TryAllocate(out _, out _);
        Assert.Throws<InvariantException>(() => EngineInvariants.Check(engine.Scheduler, engine.Model));
    }

    [Fact]
    public void A_reference_too_many_is_caught()
    {
        using SteppedEngine engine = new();
        engine.Source.Add(SteppedEngine.Request([.. Enumerable.Range(1, 33)], 20));
        engine.Engine.Step();
        EngineInvariants.Check(engine.Scheduler, engine.Model);
        engine.Scheduler.Blocks.AddReference(engine.Scheduler.Running[0].BlockTable[0]);
        Assert.Throws<InvariantException>(() => EngineInvariants.Check(engine.Scheduler, engine.Model));
    }

    [Fact]
    public void A_block_given_back_while_in_use_is_caught()
    {
        using SteppedEngine engine = new();
        engine.Source.Add(SteppedEngine.Request([.. Enumerable.Range(1, 33)], 20));
        engine.Engine.Step();
        int block = engine.Scheduler.Running[0].BlockTable[0];
        engine.Scheduler.Blocks.Release(block);
        Assert.Throws<InvariantException>(() => EngineInvariants.Check(engine.Scheduler, engine.Model));
        engine.Scheduler.Blocks.AddReference(block);
    }

    [Fact]
    public void A_foreign_block_in_a_table_changes_the_output()
    {
        int[] prompt = [.. Enumerable.Range(1, 70).Select(i => 1 + (i % 30))];
        Assert.Equal(Generate(prompt, exchange: false), Generate(prompt, exchange: false));
        Assert.NotEqual(Generate(prompt, exchange: false), Generate(prompt, exchange: true));
    }

    private static List<int> Generate(int[] prompt, bool exchange)
    {
        using SteppedEngine engine = new();
        Generation generation = engine.Source.Add(SteppedEngine.Request(prompt, 20));
        engine.Engine.Step();
        if (exchange)
        {
            int[] table = engine.Scheduler.Running[0].BlockTable;
            (table[0], table[1]) = (table[1], table[0]);
        }

        engine.RunToEnd();
        return SteppedEngine.TokensOf(generation);
    }
}
