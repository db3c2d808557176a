using Sparrow.Runtime.Sampling;
using Sparrow.Runtime.Scheduling;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Simulation;

/// <summary>One seeded run: a random engine, random requests, random interference, the invariants after every step.</summary>
internal sealed class EngineSimulation : IDisposable
{
    private const int VocabularySize = 40;
    private const int EndOfSequence = 0;

    private readonly Random _random;
    private readonly ManualTimeProvider _time = new();
    private readonly ListRequestSource _source = new();
    private readonly FakeStepModel _model;
    private readonly InferenceEngine _engine;
    private readonly List<SimulatedRequest> _requests = [];
    private readonly int[][] _prefixes;

    public EngineSimulation(int seed)
    {
        _random = new Random(seed);
        int slots = _random.Next(1, 12);

        // Tiny caches for preemption, roomy ones for sharing.
        int blocks = _random.Next(3) == 0 ? _random.Next(20, 80) : _random.Next(6, 14);
        _model = new FakeStepModel(VocabularySize, blocks, slots, _random.Next(4) == 0 ? _random.Next(1, 5) : 64);
        _model.BeforeForward = _ => _time.Advance(TimeSpan.FromMilliseconds(_random.Next(0, 60)));
        InferenceOptions options = new()
        {
            MaxRunning = _random.Next(3) == 0 ? _random.Next(1, slots + 1) : 64,
            MaxBatchedTokens = _random.Next(3) == 0 ? null : _random.Next(1, 120),
            MaxLongPrefills = _random.Next(1, 4),
            MaxPreemptions = _random.Next(0, 5),
            PrefixCaching = _random.Next(5) != 0,
            BatchInvariant = true,
        };
        _engine = new InferenceEngine(_model, _source, options, _time, [EndOfSequence], metrics: null, "simulation", startThread: false);
        _prefixes = [.. Enumerable.Range(0, 3).Select(_ => Tokens(_random.Next(20, 130)))];
    }

    /// <summary>Preemptions, prefix hits and so on that the run has seen.</summary>
    public SchedulerCounts Counts => _engine.Scheduler.Counts;

    public void Run()
    {
        int toCome = _random.Next(3, 20);
        double arrivals = 0.02 + (0.9 * _random.NextDouble());
        int steps = 0;
        while (toCome > 0 || _requests.Exists(request => !request.IsComplete))
        {
            while (toCome > 0 && _random.NextDouble() < arrivals)
            {
                Arrive();
                toCome--;
            }

            Interfere();
            _engine.Step();
            EngineInvariants.Check(_engine.Scheduler, _model);
            foreach (SimulatedRequest request in _requests)
            {
                request.Read();
            }

            Assert.True(++steps < 20_000, "The engine gets on.");
        }

        _engine.Step();
        EngineSnapshot end = _engine.Snapshot;
        Assert.Equal(0, end.BlocksInUse);
        Assert.Equal(0, end.RunningSequences);
        Assert.Equal(0, end.WaitingSequences);
        Assert.False(end.IsBusy);
        Assert.Equal(_requests.Count, _source.Released.Count);
        Assert.Equal(_requests.Count, _source.Released.Distinct().Count());
        foreach (SimulatedRequest request in _requests)
        {
            Assert.Null(request.Generation.Failure);
            request.Verify(VocabularySize, EndOfSequence);
        }
    }

    public void Dispose() => _engine.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private void Arrive()
    {
        GenerationRequest request;
        do
        {
            request = MakeRequest();
        }
        while (!_engine.CanEverFit(request));
        _requests.Add(new SimulatedRequest(_source.Add(request, _time)));
    }

    private GenerationRequest MakeRequest()
    {
        int[] prompt = Tokens(_random.Next(1, 60));
        if (_random.Next(2) == 0)
        {
            int[] prefix = _prefixes[_random.Next(_prefixes.Length)];
            prompt = [.. prefix.Take(_random.Next(2) == 0 ? prefix.Length : _random.Next(1, prefix.Length)), .. prompt.Take(_random.Next(0, 40))];
        }

        bool scores = _random.Next(6) == 0;
        return new GenerationRequest
        {
            Id = $"request {_requests.Count}",
            PromptTokens = prompt,
            MaxTokens = scores && _random.Next(2) == 0 ? 0 : _random.Next(1, 160),
            MinTokens = _random.Next(4) == 0 ? _random.Next(0, 20) : 0,
            Choices = _random.Next(4) == 0 ? _random.Next(2, 6) : 1,
            IgnoreEndOfSequence = _random.Next(4) != 0,
            StopTokenIds = _random.Next(4) == 0 ? [_random.Next(1, VocabularySize)] : [],
            Logprobs = scores ? 0 : null,
            PromptLogprobs = scores,
            Priority = _random.Next(3) == 0 ? _random.Next(-2, 3) : 0,
            CacheSalt = _random.Next(4) == 0 ? "other" : "",
            Sampling = new SamplingOptions
            {
                Temperature = _random.Next(2),
                Seed = _random.Next(),
                TopP = _random.Next(3) == 0 ? 0.9f : 1f,
                TopK = _random.Next(3) == 0 ? 5 : 0,
                RepetitionPenalty = _random.Next(5) == 0 ? 1.2f : 1f,
                PresencePenalty = _random.Next(5) == 0 ? 0.5f : 0f,
            },
        };
    }

    private void Interfere()
    {
        if (_requests.Count == 0 || _random.Next(12) != 0)
        {
            return;
        }

        SimulatedRequest request = _requests[_random.Next(_requests.Count)];
        switch (_random.Next(5))
        {
            case 0:
                request.Generation.Cancel();
                break;
            case 1:
                _engine.ResetPrefixCache();
                break;
            default:
                int choice = _random.Next(request.Generation.Request.Choices);
                request.Generation.Stop(choice);
                request.StoppedChoices.Add(choice);
                break;
        }
    }

    private int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(_ => _random.Next(1, VocabularySize))];
}
