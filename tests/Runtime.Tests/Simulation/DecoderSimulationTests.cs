using System.Globalization;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Peft;
using Sparrow.Runtime.Sampling;
using Sparrow.Runtime.Scheduling;
using Sparrow.Runtime.Tests.KvCache;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Simulation;

/// <summary>The simulation over the real decoder with a tiny model: outputs in any company are bit-equal to outputs alone.</summary>
public sealed class DecoderSimulationTests
{
    private const int Seeds = 4;

    [Theory]
    [InlineData("kv32", "float", 0)]
    [InlineData("kv16", "auto", 0)]
    [InlineData("k4v2", "auto", 0)]
    [InlineData("kivi2", "float", 0)]
    [InlineData("random 4", "auto", 0)]
    [InlineData("random 7", "auto", 0)]
    [InlineData("kv16", "auto", 2)]
    [InlineData("k4v2", "auto", 1)]
    public async Task Outputs_in_company_are_bit_equal_to_outputs_alone(string profile, string activations, int adapterCount)
    {
        using TinyModel tiny = TinyModel.Create();
        if (profile.StartsWith("random ", StringComparison.Ordinal))
        {
            profile = RandomProfile.Write(tiny.Folder, int.Parse(profile["random ".Length..], CultureInfo.InvariantCulture));
        }

        InferenceOptions options = new() { KvProfile = profile, Activations = activations, MaxRunning = 4, BatchInvariant = true, ContextLength = 256 };
        using LoadedModel alone = ModelLoader.Load(tiny.Folder, options with { PrefixCaching = false });

        // So few blocks that two long sequences cannot both stay.
        using LoadedModel crowded = ModelLoader.Load(tiny.Folder, options with { KvCacheBytes = alone.KvBytesPerToken * 32 * 7 });
        Attach(alone, tiny, adapterCount);
        Attach(crowded, tiny, adapterCount);
        Assert.InRange(crowded.StepModel.BlockCount, 6, 8);
        long preemptions = 0;
        long hits = 0;
        for (int seed = 0; seed < Seeds; seed++)
        {
            Random random = new(seed);
            List<GenerationRequest> requests = MakeRequests(random, alone.StepModel.VocabularySize, adapterCount);
            InferenceOptions crowd = options with { MaxBatchedTokens = random.Next(5, 90), MaxPreemptions = random.Next(1, 4) };
            (List<List<GeneratedToken>> together, SchedulerCounts counts) = await RunAsync(crowded, crowd, requests, random);
            preemptions += counts.Preemptions;
            hits += counts.PrefixHits;
            for (int i = 0; i < requests.Count; i++)
            {
                (List<List<GeneratedToken>> single, _) =
                    await RunAsync(alone, options with { PrefixCaching = false }, [requests[i]], new Random(0));
                AssertEqual(single[0], together[i], $"seed {seed}, {requests[i].Id}");
            }
        }

        Assert.True(preemptions > 0 && hits > 0, $"{preemptions} preemptions, {hits} hits");
    }

    private static string NameOf(int adapter) => $"adapter {adapter}";

    private static void Attach(LoadedModel model, TinyModel tiny, int count) => model.Attach(
    [
        .. Enumerable.Range(1, count).Select(adapter => AdapterLoader.Load(
            NameOf(adapter), TinyAdapter.Write(Path.Combine(tiny.Folder, NameOf(adapter)), tiny.Folder, (ulong)adapter, masked: adapter == 2), model)),
    ]);

    private static List<GenerationRequest> MakeRequests(Random random, int vocabularySize, int adapterCount)
    {
        int[] prefix = [.. Enumerable.Range(0, 70).Select(_ => random.Next(vocabularySize))];
        return [.. Enumerable.Range(0, 5).Select(i => new GenerationRequest
        {
            Id = $"request {i}",
            PromptTokens =
            [
                .. prefix.Take(random.Next(3) * 35),
                .. Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(vocabularySize)),
            ],
            MaxTokens = random.Next(40, 80),
            Adapter = i % (adapterCount + 1) is var adapter and > 0 ? NameOf(adapter) : null,
            Choices = random.Next(4) == 0 ? 2 : 1,
            IgnoreEndOfSequence = true,
            Logprobs = 3,
            PromptLogprobs = random.Next(4) == 0,
            Sampling = new SamplingOptions { Temperature = random.Next(2), Seed = random.Next() },
        })];
    }

    private static async Task<(List<List<GeneratedToken>> Events, SchedulerCounts Counts)> RunAsync(
        LoadedModel model, InferenceOptions options, List<GenerationRequest> requests, Random random)
    {
        ListRequestSource source = new();
        await using InferenceEngine engine = new(
            model.StepModel, source, options, new ManualTimeProvider(), [], metrics: null, "tiny", startThread: false);
        List<Generation> generations = [];
        foreach (GenerationRequest request in requests)
        {
            Assert.True(engine.CanEverFit(request));
            generations.Add(source.Add(request));
            for (int steps = random.Next(6); steps > 0; steps--)
            {
                engine.Step();
                EngineInvariants.Check(engine.Scheduler, model: null);
            }
        }

        while (engine.Step())
        {
            EngineInvariants.Check(engine.Scheduler, model: null);
        }

        Assert.Equal(0, engine.Snapshot.BlocksInUse);
        return ([.. generations.Select(SteppedEngine.EventsOf)], engine.Scheduler.Counts);
    }

    private static void AssertEqual(List<GeneratedToken> expected, List<GeneratedToken> actual, string what)
    {
        // Choices may interleave differently; each by itself must not differ in a bit.
        foreach (int choice in expected.Select(token => token.Choice).Distinct())
        {
            List<GeneratedToken> wanted = [.. expected.Where(token => token.Choice == choice)];
            List<GeneratedToken> got = [.. actual.Where(token => token.Choice == choice)];
            Assert.True(wanted.Count == got.Count, $"{what}: {got.Count} events for {wanted.Count}");
            for (int i = 0; i < wanted.Count; i++)
            {
                bool same = wanted[i].Kind == got[i].Kind
                    && wanted[i].TokenId == got[i].TokenId
                    && wanted[i].Logprob.Equals(got[i].Logprob)
                    && (wanted[i].Alternatives ?? []).SequenceEqual(got[i].Alternatives ?? []);
                Assert.True(same, $"{what}, event {i}: {got[i]} for {wanted[i]}");
            }
        }
    }
}
