using System.Diagnostics.Metrics;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Peft;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Sampling;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Engine;

public sealed class AllocationTests
{
    [Fact]
    public async Task Steady_decoding_allocates_nothing_on_the_engine_thread()
    {
        FakeStepModel model = new(vocabularySize: 500, blockCount: 200, openSlotCount: 8, maxLogitRows: 64);
        await DecodeAsync(model);
    }

    [Theory]
    [InlineData("kv32")]
    [InlineData("k4v2")]
    public async Task Steady_decoding_of_dense_weights_allocates_nothing_on_the_engine_thread(string profile)
    {
        using TinyModel tiny = TinyModel.Create(new RandomCheckpointOptions { ContextLength = 512 });
        using LoadedModel loaded = ModelLoader.Load(tiny.Folder, new InferenceOptions { KvProfile = profile, MaxRunning = 8 });
        await DecodeAsync(loaded.StepModel);
    }

    [Fact]
    public async Task Steady_decoding_with_adapters_allocates_nothing_on_the_engine_thread()
    {
        using TinyModel tiny = TinyModel.Create(new RandomCheckpointOptions { ContextLength = 512 });
        using LoadedModel loaded = ModelLoader.Load(tiny.Folder, new InferenceOptions { KvProfile = "kv16", MaxRunning = 8 });
        string[] names = ["a", "b"];
        loaded.Attach([.. names.Select(name => AdapterLoader.Load(name, TinyAdapter.Write(Path.Combine(tiny.Folder, name), tiny.Folder, masked: name == "b"), loaded))]);
        await DecodeAsync(loaded.StepModel, ["a", null, "b"]);
    }

    [Fact]
    public async Task Steady_decoding_of_grouped_integers_allocates_nothing_on_the_engine_thread()
    {
        string path = SharedData.Require("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");
        using LoadedModel loaded = ModelLoader.Load(path, new InferenceOptions { Activations = "int8", KvProfile = "kv16", MaxRunning = 8 });
        await DecodeAsync(loaded.StepModel);
    }

    private static async Task DecodeAsync(IStepModel inner, string?[]? adapters = null)
    {
        const int Requests = 6;
        const int Tokens = 400;
        using RuntimeMetrics metrics = new();
        using MeterListener listener = Listen();
        ListRequestSource source = new();
        List<Generation> generations = [.. Enumerable.Range(0, Requests).Select(i => source.Add(new GenerationRequest
        {
            Id = "request",
            PromptTokens = [1 + i, 2, 3],
            MaxTokens = Tokens,
            Adapter = adapters?[i % adapters.Length],
            IgnoreEndOfSequence = true,
            Sampling = new SamplingOptions { Seed = i, Temperature = i % 2, TopP = 0.9f, FrequencyPenalty = 0.1f },
        }))];

        // Looked at where it matters: on the engine's thread, once a step. The streams are read there too, or they would grow.
        long[] allocated = new long[2 * Tokens];
        int step = 0;
        WatchedStepModel model = new(inner, () =>
        {
            allocated[step++] = GC.GetAllocatedBytesForCurrentThread();
            foreach (Generation generation in generations)
            {
                while (generation.Tokens.TryRead(out GeneratedToken token))
                {
                }
            }
        });
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

    /// <summary>The model, with a look at what was allocated before each step.</summary>
    private sealed class WatchedStepModel(IStepModel inner, Action beforeForward) : IStepModel
    {
        public int VocabularySize => inner.VocabularySize;

        public int BlockCount => inner.BlockCount;

        public int OpenSlotCount => inner.OpenSlotCount;

        public int MaxLogitRows => inner.MaxLogitRows;

        public int FindAdapter(string name) => inner.FindAdapter(name);

        public ReadOnlySpan<float> Forward(StepBatch batch)
        {
            beforeForward();
            return inner.Forward(batch);
        }

        public void CopyOpenSlot(int source, int destination, int tokenCount) => inner.CopyOpenSlot(source, destination, tokenCount);
    }
}
