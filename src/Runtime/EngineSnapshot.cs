namespace Sparrow.Runtime;

/// <summary>The engine at one moment.</summary>
/// <param name="RunningSequences">Sequences in the cache.</param>
/// <param name="BlocksInUse">Blocks referenced by sequences; blocks kept only for prefix hits do not count.</param>
/// <param name="BlockCount">All blocks.</param>
/// <param name="LastStepTimestamp">When the last step finished, or when the engine last had something to do after having had nothing.</param>
/// <param name="StepCount">Steps so far.</param>
public readonly record struct EngineSnapshot(int RunningSequences, int BlocksInUse, int BlockCount, long LastStepTimestamp, long StepCount)
{
    /// <summary>Requests inside the engine.</summary>
    public int RunningRequests { get; init; }

    /// <summary>Sequences inside the engine that hold no blocks: preempted, or without room yet.</summary>
    public int WaitingSequences { get; init; }

    /// <summary>Blocks that nobody holds and the prefix index still finds.</summary>
    public int BlocksCached { get; init; }

    public int BlocksFree { get; init; }

    /// <summary>Blocks that ever held something: the memory of the others was never taken from the system.</summary>
    public int BlocksTouched { get; init; }

    /// <summary>Whether there is a request inside: an engine that is busy and whose last step is long ago is stalled.</summary>
    public bool IsBusy => RunningRequests > 0;
}
