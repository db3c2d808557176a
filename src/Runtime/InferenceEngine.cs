using Sparrow.Runtime.Models;
using Sparrow.Runtime.Sampling;
using Sparrow.Runtime.Scheduling;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime;

/// <summary>
/// Runs one model: takes requests from its source, and step by step schedules, computes, samples and publishes. One thread of control owns all
/// its state; others read the snapshot, wake it, and mark generations as cancelled or stopped.
/// </summary>
public sealed partial class InferenceEngine : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly int[] _endOfSequenceIds;
    private readonly EngineMetrics? _metrics;
    private readonly Scheduler _scheduler;
    private readonly Sampler _sampler;
    private readonly StepBatch _batch;
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread? _thread;
    private volatile bool _stopping;
    private volatile bool _resetPrefixes;
    private int _disposed;

    /// <summary>Starts the engine's thread, which parks until it is woken.</summary>
    /// <param name="model">The model with its cache. The caller owns it and disposes it after the engine.</param>
    /// <param name="source">Where requests come from.</param>
    /// <param name="options">How to run.</param>
    /// <param name="time">Clock of statistics and pace.</param>
    /// <param name="endOfSequenceIds">Tokens that end a choice.</param>
    /// <param name="metrics">Instruments, or null.</param>
    /// <param name="modelName">The model's name in metrics and in the thread's name.</param>
    public InferenceEngine(
        IStepModel model,
        IRequestSource source,
        InferenceOptions options,
        TimeProvider time,
        IReadOnlyList<int>? endOfSequenceIds = null,
        RuntimeMetrics? metrics = null,
        string modelName = "model")
        : this(model, source, options, time, endOfSequenceIds, metrics, modelName, startThread: true)
    {
    }

    /// <summary>Without a thread, for tests that call <see cref="Step"/> themselves.</summary>
    internal InferenceEngine(
        IStepModel model,
        IRequestSource source,
        InferenceOptions options,
        TimeProvider time,
        IReadOnlyList<int>? endOfSequenceIds,
        RuntimeMetrics? metrics,
        string modelName,
        bool startThread)
    {
        Model = model;
        Source = source;
        Options = options;
        _time = time;
        _endOfSequenceIds = [.. (endOfSequenceIds ?? []).Where(id => (uint)id < (uint)model.VocabularySize).Distinct()];
        _scheduler = new Scheduler(model, options);
        _sampler = new Sampler(model.VocabularySize);
        _batch = new StepBatch(_scheduler.MaxStepTokens, _scheduler.SlotCount);
        _lastStepTimestamp = time.GetTimestamp();
        PublishSnapshot();
        _metrics = metrics?.Register(modelName, this);
        if (startThread)
        {
            // A thread of its own and not one of the pool's: a step may take long, and nothing else may delay it.
            _thread = new Thread(Loop) { IsBackground = true, Name = $"engine {modelName}" };
            _thread.Start();
        }
    }

    public IStepModel Model { get; }

    public IRequestSource Source { get; }

    public InferenceOptions Options { get; }

    /// <summary>A consistent picture of the moment, cheap and free of locks.</summary>
    public EngineSnapshot Snapshot => ReadSnapshot();

    public TimeSpan TimeSinceLastStep => _time.GetElapsedTime(Snapshot.LastStepTimestamp);

    /// <summary>The scheduler, for tests that check its invariants after each step.</summary>
    internal Scheduler Scheduler => _scheduler;

    /// <summary>Whether the request can run at all: its adapter is there, and the cache holds it. One that cannot has to be refused before it is queued: it would fail here.</summary>
    public bool CanEverFit(GenerationRequest request) => _scheduler.CanEverFit(request);

    /// <summary>Tells the engine that its source has something, or that a generation was cancelled. An engine that has ended hears nothing.</summary>
    public void Wake()
    {
        try
        {
            _wake.Set();
        }
        catch (ObjectDisposedException)
        {
            // Whoever cancels a request cannot know whether its engine has just been replaced.
        }
    }

    /// <summary>Empties the prefix cache at the next step. Running requests are not disturbed.</summary>
    public void ResetPrefixCache()
    {
        _resetPrefixes = true;
        Wake();
    }

    /// <summary>Ends all running requests with <see cref="FinishReason.Abort"/> and stops the thread.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            await _ended.Task.ConfigureAwait(false);
            return;
        }

        _stopping = true;
        Wake();
        if (_thread is null)
        {
            End();
        }

        await _ended.Task.ConfigureAwait(false);
        _wake.Dispose();
    }

    private void Loop()
    {
        // The engine computes as the pool's workers do: the web server's threads go first when they have something to do.
        ComputePriority.LowerCurrentThread();
        while (!_stopping)
        {
            bool worked;
            try
            {
                worked = Step();
            }
            catch (Exception failure)
            {
                // Not a sequence's or the model's fault, for those are caught where they happen: whoever is inside is told, and the engine lives on.
                FailAll(failure);
                worked = false;
            }

            if (!worked && !_stopping)
            {
                _wake.WaitOne();
            }
        }

        End();
    }

    private void End()
    {
        while (_scheduler.Requests.Count > 0)
        {
            EndRequest(_scheduler.Requests[^1], FinishReason.Abort, failure: null);
        }

        _metrics?.Remove();
        _ended.TrySetResult();
    }

    private void FailAll(Exception failure)
    {
        while (_scheduler.Requests.Count > 0)
        {
            EndRequest(_scheduler.Requests[^1], FinishReason.Error, failure);
        }
    }
}
