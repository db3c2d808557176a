using Sparrow.Runtime;
using Sparrow.Server.Admission;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Admission;

/// <summary>Seeded runs of the queue with an engine that only counts: who is served how much while everybody waits (A-3).</summary>
public sealed class FairnessSimulationTests
{
    private const int RunningLimit = 8;

    [Theory]
    [InlineData("fair", true)]
    [InlineData("fcfs", false)]
    public void Backlogged_keys_get_equal_tokens_under_fair_and_not_under_fcfs(string policy, bool isFair)
    {
        for (int seed = 0; seed < 30; seed++)
        {
            long[] served = Run(policy, seed, [new Load(200, 20, 60), new Load(20, 200, 15), new Load(40, 40, 200)]);
            double ratio = served.Max() / (double)served.Min();
            Assert.True(isFair ? ratio < 1.35 : ratio > 1.35, $"Seed {seed}, policy {policy}: {string.Join(", ", served)} tokens.");
        }
    }

    [Fact]
    public void A_light_key_is_not_held_up_by_a_flood_of_another()
    {
        for (int seed = 0; seed < 30; seed++)
        {
            ManualTimeProvider time = new();
            RequestQueue queue = new(new QueueOptions { MaxRunning = RunningLimit, MaxQueuedRequests = 10_000, MaxQueuedPromptTokens = 10_000_000 }, time);
            CountingEngine engine = new(queue, RunningLimit);
            Random random = new(seed);
            for (int i = 0; i < 500; i++)
            {
                Submit(queue, "flood", random.Next(1, 200), random.Next(1, 100));
            }

            for (int i = 0; i < 50; i++)
            {
                engine.Step();
            }

            Generation light = Submit(queue, "light", 10, 5);
            int steps = 0;
            while (light.Statistics.GeneratedTokens == 0)
            {
                engine.Step();
                steps++;
            }

            // It waits for one running request to end, and no longer: a hundred tokens at most.
            Assert.True(steps <= 101, $"Seed {seed}: the light key waited {steps} steps.");
        }
    }

    [Fact]
    public void Random_arrivals_and_departures_leave_nothing_behind()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            Random random = new(seed);
            string policy = new[] { "fair", "fcfs", "priority" }[random.Next(3)];
            RequestQueue queue = new(new QueueOptions { Policy = policy, MaxRunning = RunningLimit, MaxQueuedRequests = 40 }, new ManualTimeProvider());
            CountingEngine engine = new(queue, RunningLimit);
            List<QueueTicket> open = [];
            for (int step = 0; step < 300; step++)
            {
                if (random.Next(3) == 0 && queue.Snapshot.WaitingRequests < 40)
                {
                    QueueTicket ticket = queue.Reserve(Caller($"key{random.Next(4)}"), random.Next(1, 100), null);
                    open.Add(ticket);
                    if (random.Next(8) != 0)
                    {
                        ticket.Submit(RequestQueueTests.Request(random.Next(1, 100), random.Next(1, 4), random.Next(-2, 3), random.Next(1, 20)));
                    }
                }

                if (open.Count > 0 && random.Next(10) == 0)
                {
                    int index = random.Next(open.Count);
                    open[index].Dispose();
                    open.RemoveAt(index);
                }

                engine.Step();
                QueueSnapshot now = queue.Snapshot;
                Assert.True(now.RunningSequences <= RunningLimit && now.WaitingPromptTokens >= 0, $"Seed {seed}, step {step}: {now}.");
            }

            open.ForEach(ticket => ticket.Dispose());
            engine.Step();
            engine.Step();
            Assert.True(queue.Snapshot == default, $"Seed {seed}: {queue.Snapshot} is left.");
        }
    }

    private static long[] Run(string policy, int seed, Load[] loads)
    {
        Random random = new(seed);

        // No cap on shares: a key of long answers needs most of the slots to get an equal part of the tokens.
        QueueOptions options = new()
        {
            Policy = policy,
            MaxRunning = RunningLimit,
            MaxQueuedRequests = 100_000,
            MaxQueuedPromptTokens = int.MaxValue,
            MaxSharePerKey = 1,
        };
        RequestQueue queue = new(options, new ManualTimeProvider());
        CountingEngine engine = new(queue, RunningLimit);
        for (int i = 0; i < 400; i++)
        {
            // Keys ask at different rates, always ahead of what is served: all are backlogged all the time.
            for (int key = 0; key < loads.Length; key++)
            {
                for (int burst = 0; burst < loads[key].Burst / 10; burst++)
                {
                    Submit(queue, $"key{key}", random.Next(1, 2 * loads[key].PromptTokens), random.Next(1, 2 * loads[key].MaxTokens));
                }
            }
        }

        for (int step = 0; step < 4000; step++)
        {
            engine.Step();
        }

        return [.. loads.Select((_, key) => engine.ServedTokens($"key{key}"))];
    }

    private static Generation Submit(RequestQueue queue, string key, int promptTokens, int maxTokens)
    {
        Generation generation = new(new GenerationRequest
        {
            Id = key,
            PromptTokens = new int[promptTokens],
            MaxTokens = maxTokens,
        });
        queue.Reserve(Caller(key), promptTokens, null).Submit(generation);
        return generation;
    }

    private static Caller Caller(string key) => new(key, key, IsAdmin: false);

    /// <param name="PromptTokens">Mean prompt.</param>
    /// <param name="MaxTokens">Mean answer.</param>
    /// <param name="Burst">How many requests it brings at a time.</param>
    private readonly record struct Load(int PromptTokens, int MaxTokens, int Burst);

    /// <summary>An engine without a model: every step gives each running request a token a choice.</summary>
    private sealed class CountingEngine(RequestQueue queue, int slots)
    {
        private readonly List<Generation> _running = [];
        private readonly Dictionary<string, long> _served = [];

        public long ServedTokens(string key) => _served.GetValueOrDefault(key);

        public void Step()
        {
            for (int i = _running.Count - 1; i >= 0; i--)
            {
                Generation generation = _running[i];
                bool isDone = generation.Statistics.GeneratedTokens >= generation.Request.MaxTokens * generation.Request.Choices;
                if (isDone || generation.IsCancelled)
                {
                    _running.RemoveAt(i);
                    generation.Complete();
                    queue.Release(generation);
                }
            }

            int used = _running.Sum(generation => generation.Request.Choices);
            while (queue.TryTake(new EngineRoom(slots - used, 1_000_000, used), out Generation? next))
            {
                _running.Add(next);
                used += next.Request.Choices;
                Count(next, next.Request.PromptTokens.Length);
            }

            foreach (Generation generation in _running)
            {
                generation.Statistics.GeneratedTokens += generation.Request.Choices;
                Count(generation, generation.Request.Choices);
            }
        }

        private void Count(Generation generation, int tokens) =>
            _served[generation.Request.Id] = _served.GetValueOrDefault(generation.Request.Id) + tokens;
    }
}
