using Sparrow.Runtime.Sampling;
using Sparrow.Runtime.Scheduling;
using Sparrow.Testing;

namespace Sparrow.Runtime.Tests.Simulation;

/// <summary>An engine without a thread over the fake model.</summary>
internal sealed class SteppedEngine : IDisposable
{
    public const int VocabularySize = 40;
    public const int EndOfSequence = 0;

    public SteppedEngine(
        InferenceOptions? options = null, int blocks = 32, int slots = 8, int rows = 64, RuntimeMetrics? metrics = null)
    {
        Model = new FakeStepModel(VocabularySize, blocks, slots, rows);
        Engine = new InferenceEngine(
            Model, Source, options ?? new InferenceOptions(), Time, [EndOfSequence], metrics, "model", startThread: false);
    }

    public ManualTimeProvider Time { get; } = new();

    public ListRequestSource Source { get; } = new();

    public FakeStepModel Model { get; }

    public InferenceEngine Engine { get; }

    public Scheduler Scheduler => Engine.Scheduler;

    public static GenerationRequest Request(int[] prompt, int maxTokens) => new()
    {
        Id = "request",
        PromptTokens = prompt,
        MaxTokens = maxTokens,
        IgnoreEndOfSequence = true,
        Sampling = SamplingOptions.Greedy,
    };

    public static int[] Prompt(int length, int first = 1) => [.. Enumerable.Range(0, length).Select(i => 1 + ((first + (i * 7)) % 39))];

    public static List<GeneratedToken> EventsOf(Generation generation)
    {
        List<GeneratedToken> events = [];
        while (generation.Tokens.TryRead(out GeneratedToken token))
        {
            events.Add(token);
        }

        return events;
    }

    public static List<int> TokensOf(Generation generation, int choice = 0) =>
        [.. EventsOf(generation).Where(e => e.Kind == GeneratedTokenKind.Token && e.Choice == choice).Select(e => e.TokenId)];

    public Generation Add(GenerationRequest request) => Source.Add(request, Time);

    public void RunToEnd()
    {
        while (Engine.Step())
        {
            EngineInvariants.Check(Scheduler, model: null);
        }
    }

    public void Dispose() => Engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
