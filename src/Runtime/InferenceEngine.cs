using Sparrow.Runtime.Models;

namespace Sparrow.Runtime;

/// <summary>
/// Runs one model: takes requests from its source, and step by step schedules, computes, samples and publishes. One thread of control owns all
/// its state.
/// </summary>
public sealed class InferenceEngine : IAsyncDisposable
{
    public InferenceEngine(IStepModel model, IRequestSource source, InferenceOptions options, TimeProvider time)
    {
        Model = model;
        Source = source;
        Options = options;
        Time = time;
    }

    public IStepModel Model { get; }

    public IRequestSource Source { get; }

    public InferenceOptions Options { get; }

    private TimeProvider Time { get; }

    /// <summary>A consistent picture of the moment, cheap and free of locks.</summary>
    public EngineSnapshot Snapshot => new(0, 0, Model.BlockCount, Time.GetTimestamp(), 0);

    /// <summary>Tells the engine that its source has something, or that a generation was cancelled.</summary>
    public void Wake()
    {
    }

    /// <summary>Ends all running requests with <see cref="FinishReason.Abort"/> and stops the thread.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>The engine at one moment.</summary>
/// <param name="RunningSequences">Sequences in the cache.</param>
/// <param name="BlocksInUse">Blocks referenced by sequences; blocks kept only for prefix hits do not count.</param>
/// <param name="BlockCount">All blocks.</param>
/// <param name="LastStepTimestamp">When the last step finished.</param>
/// <param name="StepCount">Steps so far.</param>
public readonly record struct EngineSnapshot(int RunningSequences, int BlocksInUse, int BlockCount, long LastStepTimestamp, long StepCount);
