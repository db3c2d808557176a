using System.Diagnostics;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;

namespace Sparrow.Server.Commands.Replay;

/// <summary>Sends a trace's requests to an engine of its own, with made-up tokens of the trace's lengths, and measures what came of it.</summary>
/// <param name="requests">The trace.</param>
/// <param name="outputScale">Multiplies outputs.</param>
/// <param name="promptScale">Multiplies prompts.</param>
/// <param name="speed">How much faster than in the trace requests come; 0: all at once, so that the cache is always full.</param>
internal sealed class TraceReplay(IReadOnlyList<TraceRequest> requests, double outputScale, double promptScale, double speed)
{
    private const int TraceBlockTokens = 512;

    public async Task<TraceResult> RunAsync(LoadedModel model, InferenceOptions options, CancellationToken cancellation)
    {
        CommandRequestSource source = new();
        await using InferenceEngine engine = new(model.StepModel, source, options, TimeProvider.System, modelName: "replay");
        GenerationRequest[] prepared = [.. requests.Select((request, index) => Prepare(request, index, model))];
        if (Array.Find(prepared, request => !engine.CanEverFit(request)) is { } misfit)
        {
            throw new UsageException(
                $"A request of {misfit.PromptTokens.Length} + {misfit.MaxTokens} tokens does not fit a cache of {model.StepModel.BlockCount} blocks; scale lengths down or the cache up.");
        }

        List<Generation> generations = [];
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < prepared.Length; i++)
        {
            TimeSpan wait = speed == 0 ? TimeSpan.Zero : (requests[i].Arrival / speed) - Stopwatch.GetElapsedTime(start);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, cancellation);
            }

            Generation generation = new(prepared[i], TimeProvider.System);
            generations.Add(generation);
            source.Add(generation);
            engine.Wake();
        }

        foreach (Generation generation in generations)
        {
            await foreach (GeneratedToken _ in generation.Tokens.ReadAllAsync(cancellation))
            {
            }

            if (generation.Failure is { } failure)
            {
                throw new InvalidOperationException($"Request {generation.Request.Id} failed: {failure.Message}", failure);
            }
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double[] firstTokens =
        [
            .. generations
                .Select(generation => TimeProvider.System.GetElapsedTime(
                    generation.Statistics.QueuedTimestamp, generation.Statistics.FirstTokenTimestamp).TotalSeconds)
                .Order(),
        ];
        return new TraceResult
        {
            KvProfile = model.KvProfile.Name,
            KvEffectiveBits = Math.Round(model.KvProfile.EffectiveBits(model.Config.HeadSize), 4),
            CacheTokens = (long)model.StepModel.BlockCount * Runtime.KvCache.KvLayout.BlockTokens,
            Requests = generations.Count,
            PromptTokens = prepared.Sum(request => (long)request.PromptTokens.Length),
            GeneratedTokens = generations.Sum(generation => (long)generation.Statistics.GeneratedTokens),
            CachedPromptTokens = generations.Sum(generation => (long)generation.Statistics.CachedPromptTokens),
            Seconds = seconds,
            ProcessorSeconds = (Environment.CpuUsage.TotalTime - processor).TotalSeconds,
            Preemptions = generations.Sum(generation => generation.Statistics.Preemptions),
            FirstTokenSecondsMedian = firstTokens[firstTokens.Length / 2],
            FirstTokenSeconds95 = firstTokens[firstTokens.Length * 95 / 100],
        };
    }

    private GenerationRequest Prepare(TraceRequest request, int index, LoadedModel model)
    {
        int vocabulary = model.Config.VocabularySize;
        int output = Math.Clamp((int)Math.Round(request.OutputTokens * outputScale), 1, model.ContextLength - 1);
        int prompt = Math.Clamp((int)Math.Round(request.PromptTokens * promptScale), 1, model.ContextLength - output);
        List<int> tokens = [];
        int blockTokens = Math.Max(1, (int)Math.Round(TraceBlockTokens * promptScale));
        foreach (int block in request.PromptBlocks)
        {
            AddRandom(tokens, new Random(block), blockTokens, vocabulary);
        }

        AddRandom(tokens, new Random(int.MaxValue - index), Math.Max(0, prompt - tokens.Count), vocabulary);
        return new GenerationRequest
        {
            Id = $"replay-{index}",
            PromptTokens = [.. tokens.Take(prompt)],
            MaxTokens = output,
            IgnoreEndOfSequence = true,
        };
    }

    private static void AddRandom(List<int> tokens, Random random, int count, int vocabulary)
    {
        for (int i = 0; i < count; i++)
        {
            tokens.Add(random.Next(vocabulary));
        }
    }
}
