using Sparrow.Runtime.Sampling;
using Sparrow.Runtime.Tests.Simulation;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Engine;

public sealed class InferenceEngineTests
{
    [Fact]
    public async Task A_request_runs_on_the_engines_own_thread_and_wakes_a_parked_engine()
    {
        ListRequestSource source = new();
        FakeStepModel model = new(40, 16, 4, 64);
        string? thread = null;
        bool pooled = true;
        model.BeforeForward = _ => (thread, pooled) = (Thread.CurrentThread.Name, Thread.CurrentThread.IsThreadPoolThread);
        await using InferenceEngine engine = new(model, source, new InferenceOptions(), TimeProvider.System, [0], modelName: "tiny");
        for (int round = 0; round < 3; round++)
        {
            Generation generation = source.Add(SteppedEngine.Request([1, 2, 3], 5));
            engine.Wake();
            List<GeneratedToken> events = await generation.Tokens.ReadAllAsync(TestContext.Current.CancellationToken)
                .ToListAsync(TestContext.Current.CancellationToken);
            Assert.Equal(6, events.Count);

            // Who has read a stream to its end finds everything given back.
            Assert.Equal(0, engine.Snapshot.BlocksInUse);
            Assert.False(engine.Snapshot.IsBusy);
            Assert.Equal(round + 1, source.Released.Count);
        }

        Assert.Equal("engine tiny", thread);
        Assert.False(pooled);
    }

    [Fact]
    public async Task Disposing_aborts_what_runs()
    {
        ListRequestSource source = new();
        FakeStepModel model = new(40, 300, 4, 64);
        using ManualResetEventSlim stepped = new();
        model.BeforeForward = _ => stepped.Set();
        InferenceEngine engine = new(model, source, new InferenceOptions(), TimeProvider.System);
        Generation generation = source.Add(SteppedEngine.Request([1, 2, 3], 8_000));
        engine.Wake();
        stepped.Wait(TestContext.Current.CancellationToken);
        await engine.DisposeAsync();
        await engine.DisposeAsync();
        Assert.Equal(FinishReason.Abort, SteppedEngine.EventsOf(generation)[^1].FinishReason);
        Assert.True(generation.Tokens.Completion.IsCompletedSuccessfully);
        Assert.Equal([generation], source.Released);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(9)]
    public void A_cancelled_request_leaves_within_a_step_in_every_phase(int steps)
    {
        // 100 prompt tokens in chunks of 32 are four steps of prefill; then it decodes.
        using SteppedEngine engine = new(new InferenceOptions { MaxBatchedTokens = 32 });
        Generation generation = engine.Add(SteppedEngine.Request(SteppedEngine.Prompt(100), 50) with { Choices = 3 });
        for (int i = 0; i < steps; i++)
        {
            engine.Engine.Step();
        }

        engine.Time.Advance(TimeSpan.FromMilliseconds(5));
        generation.Cancel();
        Assert.False(engine.Engine.Step());
        Assert.Equal(0, engine.Engine.Snapshot.BlocksInUse);
        Assert.Equal(3, SteppedEngine.EventsOf(generation).Count(token => token.FinishReason == FinishReason.Abort));
        Assert.True(generation.Tokens.Completion.IsCompletedSuccessfully);
        EngineInvariants.Check(engine.Scheduler, engine.Model);
    }

    [Fact]
    public void A_stopped_choice_ends_with_stop_and_the_others_go_on()
    {
        using SteppedEngine engine = new();
        Generation generation = engine.Add(SteppedEngine.Request([1, 2, 3], 10) with { Choices = 2, Sampling = new() { Seed = 3 } });
        engine.Engine.Step();
        engine.Engine.Step();
        generation.Stop(0);
        engine.RunToEnd();
        List<GeneratedToken> events = SteppedEngine.EventsOf(generation);
        Assert.Equal(2, events.Count(token => token is { Choice: 0, Kind: GeneratedTokenKind.Token }));
        Assert.Equal(10, events.Count(token => token is { Choice: 1, Kind: GeneratedTokenKind.Token }));
        Assert.Equal(FinishReason.Stop, events.Single(token => token is { Choice: 0, Kind: GeneratedTokenKind.Finished }).FinishReason);
        Assert.Equal(FinishReason.Length, events[^1].FinishReason);
    }

    [Fact]
    public void A_failing_draw_fails_its_own_request_only()
    {
        using SteppedEngine engine = new();
        GenerationRequest bad = SteppedEngine.Request([1, 2, 3], 10) with
        {
            Sampling = SamplingOptions.Greedy with { LogitBias = new Dictionary<int, float> { [4_000] = 1 } },
        };
        Generation failing = engine.Add(bad);
        Generation healthy = engine.Add(SteppedEngine.Request([1, 2, 3], 10));
        engine.RunToEnd();
        Assert.Equal(FinishReason.Error, SteppedEngine.EventsOf(failing)[^1].FinishReason);
        Assert.NotNull(failing.Failure);
        Assert.True(failing.Tokens.Completion.IsFaulted);
        Assert.Equal(10, SteppedEngine.TokensOf(healthy).Count);
        Assert.Equal(0, engine.Engine.Snapshot.BlocksInUse);
    }

    [Fact]
    public void A_failing_step_fails_its_requests_and_the_engine_lives_on()
    {
        using SteppedEngine engine = new();
        Generation failing = engine.Add(SteppedEngine.Request(SteppedEngine.Prompt(40), 10) with { Choices = 2 });
        engine.Engine.Step();
        engine.Model.BeforeForward = _ => throw new InvalidOperationException("The kernel tripped.");
        Assert.True(engine.Engine.Step());
        engine.Model.BeforeForward = null;
        Assert.Equal("The kernel tripped.", failing.Failure?.Message);
        Assert.Equal(2, SteppedEngine.EventsOf(failing).Count(token => token.FinishReason == FinishReason.Error));
        Assert.Equal(0, engine.Engine.Snapshot.BlocksInUse);
        Generation next = engine.Add(SteppedEngine.Request([1, 2, 3], 10));
        engine.RunToEnd();
        Assert.Equal(10, SteppedEngine.TokensOf(next).Count);
        Assert.Equal([failing, next], engine.Source.Released);
    }

    [Fact]
    public void A_stop_token_ends_the_choice_and_is_counted_but_not_sent()
    {
        using SteppedEngine engine = new();
        Generation free = engine.Add(SteppedEngine.Request([1, 2, 3], 10));
        engine.RunToEnd();
        List<int> tokens = SteppedEngine.TokensOf(free);
        int stop = tokens[4];
        int before = tokens.IndexOf(stop);
        Generation stopped = engine.Add(SteppedEngine.Request([1, 2, 3], 10) with { StopTokenIds = [stop] });
        engine.RunToEnd();
        List<GeneratedToken> events = SteppedEngine.EventsOf(stopped);
        Assert.Equal(tokens.Take(before), events.SkipLast(1).Select(token => token.TokenId));
        Assert.Equal((GeneratedTokenKind.Finished, FinishReason.Stop, stop), (events[^1].Kind, events[^1].FinishReason, events[^1].TokenId));
        Assert.Equal(before + 1, stopped.Statistics.GeneratedTokens);

        Generation atLeast = engine.Add(SteppedEngine.Request([1, 2, 3], 10) with { StopTokenIds = [stop], MinTokens = 10 });
        engine.RunToEnd();
        List<int> masked = SteppedEngine.TokensOf(atLeast);
        Assert.Equal(10, masked.Count);
        Assert.DoesNotContain(stop, masked);
    }

    [Fact]
    public void The_models_end_token_ends_a_choice_unless_it_is_ignored()
    {
        using SteppedEngine engine = new();
        SamplingOptions wantsEnd = SamplingOptions.Greedy with { LogitBias = new Dictionary<int, float> { [SteppedEngine.EndOfSequence] = 100 } };
        GenerationRequest request = SteppedEngine.Request([1, 2, 3], 4) with { Sampling = wantsEnd };
        Generation ignoring = engine.Add(request);
        Generation heeding = engine.Add(request with { IgnoreEndOfSequence = false });
        engine.RunToEnd();
        Assert.Equal([0, 0, 0, 0], SteppedEngine.TokensOf(ignoring));
        GeneratedToken end = Assert.Single(SteppedEngine.EventsOf(heeding));
        Assert.Equal((FinishReason.Stop, 0), (end.FinishReason, end.TokenId));
    }

    [Fact]
    public void The_context_ends_what_asks_for_more()
    {
        using SteppedEngine engine = new(new InferenceOptions { ContextLength = 12 });
        Generation generation = engine.Add(SteppedEngine.Request([1, 2, 3], 100));
        Generation tooLong = engine.Add(SteppedEngine.Request(SteppedEngine.Prompt(13), 1));
        engine.RunToEnd();
        List<GeneratedToken> events = SteppedEngine.EventsOf(generation);
        Assert.Equal(9, events.Count - 1);
        Assert.Equal(FinishReason.Length, events[^1].FinishReason);
        Assert.Equal(FinishReason.Error, SteppedEngine.EventsOf(tooLong)[^1].FinishReason);
    }

    [Fact]
    public void What_can_never_fit_is_refused_and_not_left_waiting()
    {
        using SteppedEngine engine = new(blocks: 3);
        GenerationRequest fits = SteppedEngine.Request(SteppedEngine.Prompt(100), 28);
        GenerationRequest tooBig = SteppedEngine.Request(SteppedEngine.Prompt(100), 29);
        Assert.True(engine.Engine.CanEverFit(fits));
        Assert.False(engine.Engine.CanEverFit(tooBig));
        Generation refused = engine.Add(tooBig);
        Generation taken = engine.Add(fits);
        engine.RunToEnd();
        Assert.IsType<ArgumentException>(refused.Failure);
        Assert.Equal(28, SteppedEngine.TokensOf(taken).Count);
        Assert.Equal(2, engine.Source.Released.Count);
    }

    [Theory]
    [InlineData(new int[0])]
    [InlineData(new[] { 1, 40 })]
    [InlineData(new[] { -1 })]
    public void A_prompt_that_the_model_cannot_read_fails_alone(int[] prompt)
    {
        using SteppedEngine engine = new();
        Generation bad = engine.Add(SteppedEngine.Request(prompt, 3));
        Generation good = engine.Add(SteppedEngine.Request([1], 3));
        engine.RunToEnd();
        Assert.IsType<ArgumentException>(bad.Failure);
        Assert.Equal(3, SteppedEngine.TokensOf(good).Count);
    }

    [Fact]
    public void Logprobs_are_those_of_the_raw_logits()
    {
        using SteppedEngine engine = new();
        int[] prompt = [1, 2, 3];
        Generation generation = engine.Add(SteppedEngine.Request(prompt, 1) with
        {
            Logprobs = 3,
            Sampling = new SamplingOptions { Temperature = 0.1f, LogitBias = new Dictionary<int, float> { [7] = 50 } },
        });
        engine.RunToEnd();
        GeneratedToken token = SteppedEngine.EventsOf(generation)[0];
        float[] logits = new float[SteppedEngine.VocabularySize];
        FakeStepModel.LogitsOf(prompt, logits);
        double sum = logits.Sum(logit => Math.Exp(logit));
        Assert.Equal(7, token.TokenId);
        Assert.Equal(logits[7] - Math.Log(sum), token.Logprob, 1e-5);
        Assert.Equal(3, token.Alternatives!.Length);
        Assert.Equal(logits.Max() - Math.Log(sum), token.Alternatives[0].Logprob, 1e-5);
    }

    [Fact]
    public void Prompt_scores_alone_end_with_length_whatever_the_rows_a_step_has()
    {
        using SteppedEngine engine = new(rows: 3);
        Generation generation = engine.Add(SteppedEngine.Request(SteppedEngine.Prompt(70), 0) with { Logprobs = 2, PromptLogprobs = true });
        engine.RunToEnd();
        List<GeneratedToken> events = SteppedEngine.EventsOf(generation);
        Assert.Equal(SteppedEngine.Prompt(70), events.SkipLast(1).Select(token => token.TokenId));
        Assert.True(float.IsNaN(events[0].Logprob));
        Assert.Null(events[0].Alternatives);
        Assert.All(events.Skip(1).SkipLast(1), token => Assert.True(token.Logprob < 0 && token.Alternatives!.Length == 2));
        Assert.Equal(FinishReason.Length, events[^1].FinishReason);
        Assert.NotEqual(0, generation.Statistics.FirstTokenTimestamp);
    }

    [Fact]
    public void Statistics_tell_queueing_prefill_and_decoding_apart()
    {
        using SteppedEngine engine = new();
        engine.Model.BeforeForward = _ => engine.Time.Advance(TimeSpan.FromMilliseconds(10));
        Generation generation = engine.Add(SteppedEngine.Request([1, 2, 3], 4));
        generation.Statistics.QueuedTimestamp = engine.Time.GetTimestamp();
        engine.Time.Advance(TimeSpan.FromMilliseconds(7));
        engine.RunToEnd();
        GenerationStatistics statistics = generation.Statistics;
        Assert.Equal(7, Milliseconds(statistics.QueuedTimestamp, statistics.StartedTimestamp));
        Assert.Equal(10, Milliseconds(statistics.StartedTimestamp, statistics.FirstTokenTimestamp));
        Assert.Equal(30, Milliseconds(statistics.FirstTokenTimestamp, statistics.FinishedTimestamp));

        double Milliseconds(long from, long to) => engine.Time.GetElapsedTime(from, to).TotalMilliseconds;
    }
}
