using Sparrow.Runtime.Scheduling;

namespace Sparrow.Runtime;

/// <summary>How choices and requests end, and what others see of the engine.</summary>
public sealed partial class InferenceEngine
{
    // A sequence lock: odd while the engine's thread writes. Readers try again, the writer never waits.
    private int _snapshotVersion;
    private EngineSnapshot _snapshot;

    private void FailPlanned(Exception failure)
    {
        for (int i = 0; i < _scheduler.Planned.Count; i++)
        {
            EndRequest(_scheduler.Planned[i].Request, FinishReason.Error, failure);
        }
    }

    private void EndRequest(RequestState request, FinishReason reason, Exception? failure)
    {
        request.Failure ??= failure;
        foreach (Sequence sequence in request.Sequences)
        {
            EndChoice(sequence, reason, -1);
        }
    }

    /// <summary>Ends a request that the scheduler has never seen.</summary>
    private void EndUnbegun(Generation generation, Exception failure)
    {
        generation.Statistics.FinishedTimestamp = _time.GetTimestamp();
        _metrics?.Refused();
        generation.Fail(failure);
        Source.Release(generation);
        for (int choice = 0; choice < generation.Request.Choices; choice++)
        {
            generation.Publish(new GeneratedToken(GeneratedTokenKind.Finished, choice, -1, float.NaN, null, FinishReason.Error));
        }

        generation.Complete(failure);
    }

    /// <summary>Ends a choice, and with the last choice the request. Blocks and lease are given back before anybody hears of the end: whoever
    /// has read a stream to its end finds them free.</summary>
    private void EndChoice(Sequence sequence, FinishReason reason, int stopToken)
    {
        if (sequence.State == SequenceState.Finished)
        {
            return;
        }

        RequestState request = sequence.Request;
        _scheduler.Finish(sequence);
        request.Outcome = reason > request.Outcome ? reason : request.Outcome;
        Generation generation = request.Generation;
        GeneratedToken end = new(GeneratedTokenKind.Finished, sequence.Choice, stopToken, float.NaN, null, reason);
        if (request.LiveCount > 0)
        {
            generation.Publish(end);
            return;
        }

        generation.Statistics.FinishedTimestamp = _time.GetTimestamp();
        _metrics?.Finished(request, _time);
        PublishSnapshot();
        generation.Fail(request.Failure);
        Source.Release(generation);
        generation.Publish(end);
        generation.Complete(request.Failure);
    }

    private void PublishSnapshot()
    {
        Interlocked.Increment(ref _snapshotVersion);
        _snapshot = new EngineSnapshot(
            _scheduler.Running.Count, _scheduler.Blocks.HeldCount, _scheduler.Blocks.BlockCount, _lastStepTimestamp, _stepCount)
        {
            RunningRequests = _scheduler.Requests.Count,
            WaitingSequences = _scheduler.Waiting.Count,
            BlocksCached = _scheduler.Blocks.CachedCount,
            BlocksFree = _scheduler.Blocks.FreeCount,
            BlocksTouched = _scheduler.Blocks.TouchedCount,
        };
        Interlocked.Increment(ref _snapshotVersion);
    }

    private EngineSnapshot ReadSnapshot()
    {
        SpinWait spin = default;
        while (true)
        {
            int version = Volatile.Read(ref _snapshotVersion);
            EngineSnapshot snapshot = _snapshot;
            Interlocked.MemoryBarrier();
            if ((version & 1) == 0 && version == Volatile.Read(ref _snapshotVersion))
            {
                return snapshot;
            }

            spin.SpinOnce();
        }
    }
}
