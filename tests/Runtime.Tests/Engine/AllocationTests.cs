using System.Diagnostics.Metrics;
using Sparrow.Runtime.Sampling;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Engine;

public sealed class AllocationTests
{
    [Fact]
    public async Task Steady_decoding_allocates_nothing_on_the_engine_thread()
    {
        const int Requests = 6;
        const int Tokens = 400;
        using RuntimeMetrics metrics = new();
        using MeterListener listener = Listen();
        ListRequestSource source = new();
        FakeStepModel model = new(vocabularySize: 500, blockCount: 200, openSlotCount: 8, maxLogitRows: 64);
        List<Generation> generations = [.. Enumerable.Range(0, Requests).Select(i => source.Add(new GenerationRequest
        {
            Id = "request",
            PromptTokens = [1 + i, 2, 3],
            MaxTokens = Tokens,
            IgnoreEndOfSequence = true,
            Sampling = new SamplingOptions { Seed = i, Temperature = i % 2, TopP = 0.9f, FrequencyPenalty = 0.1f },
        }))];

        // Looked at where it matters: on the engine's thread, once a step. The streams are read there too, or they would grow.
        long[] allocated = new long[2 * Tokens];
        int step = 0;
        model.BeforeForward = _ =>
        {
            allocated[step++] = GC.GetAllocatedBytesForCurrentThread();
            foreach (Generation generation in generations)
            {
                while (generation.Tokens.TryRead(out GeneratedToken token))
                {
                }
            }
        };
        await using InferenceEngine engine = new(model, source, new InferenceOptions(), TimeProvider.System, [0], metrics, "model");
        engine.Wake();
        while (engine.Snapshot.StepCount < Tokens || engine.Snapshot.IsBusy)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        // From step 20 on all is warm; blocks are filled and shared on the way; the last steps end requests, which is not steady.
        Assert.InRange(step, Tokens, Tokens + 10);
        string grown = string.Join(", ", Enumerable.Range(21, Tokens - 30)
            .Where(i => allocated[i] != allocated[i - 1]).Select(i => $"step {i}: {allocated[i] - allocated[i - 1]} bytes"));
        Assert.Equal("", grown);
    }

    private static MeterListener Listen()
    {
        MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == RuntimeMetricNames.Meter && !instrument.IsObservable)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
        listener.Start();
        return listener;
    }
}
