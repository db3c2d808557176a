using Sparrow.Runtime.Models;
using Sparrow.Runtime.Sampling;
using Sparrow.Runtime.Scheduling;

namespace Sparrow.Runtime;

/// <summary>One step.</summary>
public sealed partial class InferenceEngine
{
    private long _stepCount;
    private long _lastStepTimestamp;

    /// <summary>
    /// 1. Ends what was cancelled or stopped. 2. Takes requests while there is room. 3. Plans. 4. Computes. 5. Samples and publishes.
    /// </summary>
    /// <returns>False where there was nothing to compute.</returns>
    internal bool Step()
    {
        // 1.
        if (_resetPrefixes)
        {
            _resetPrefixes = false;
            _scheduler.ResetPrefixes();
        }

        DropEnded();

        // 2.
        TakeRequests();

        // 3.
        bool planned = _scheduler.Plan(_batch);
        PublishSnapshot();
        if (!planned)
        {
            return false;
        }

        long begin = _time.GetTimestamp();
        MarkStarted(begin);

        // 4.
        ReadOnlySpan<float> logits;
        try
        {
            logits = Model.Forward(_batch);
        }
        catch (Exception failure)
        {
            FailPlanned(failure);
            PublishSnapshot();
            return true;
        }

        // 5.
        _scheduler.Commit();
        long now = _time.GetTimestamp();
        double seconds = _time.GetElapsedTime(begin, now).TotalSeconds;
        _scheduler.RecordStep(seconds);
        _stepCount++;
        _lastStepTimestamp = now;
        _metrics?.Step(seconds, _batch.TokenCount, _scheduler.PlannedDecodeTokens, _scheduler.Counts);
        for (int i = 0; i < _batch.SequenceCount; i++)
        {
            Sequence sequence = _scheduler.Planned[i];
            if (sequence.State == SequenceState.Running)
            {
                Use(sequence, _batch.Sequences[i], logits, now);
            }
        }

        PublishSnapshot();
        return true;
    }

    private void TakeRequests()
    {
        while (_scheduler.HasRoom && Source.TryTake(_scheduler.Room, out Generation? generation))
        {
            long now = _time.GetTimestamp();
            if (_scheduler.Requests.Count == 0)
            {
                _lastStepTimestamp = now;
            }

            if (generation.Statistics.QueuedTimestamp == 0)
            {
                generation.Statistics.QueuedTimestamp = now;
            }

            Begin(generation);
        }
    }

    private void Begin(Generation generation)
    {
        Exception? refusal = Refusal(generation.Request);
        if (refusal is null)
        {
            try
            {
                RequestState request = _scheduler.Add(generation, _endOfSequenceIds);
                if (generation.IsCancelled)
                {
                    EndRequest(request, FinishReason.Abort, failure: null);
                }

                _scheduler.AdmitFirst();
                return;
            }
            catch (OutOfMemoryException failure)
            {
                // Nothing of it is in the scheduler yet: what a request allocates, it allocates first.
                refusal = failure;
            }
        }

        EndUnbegun(generation, refusal);
    }

    // What the caller has checked is checked again, since one bad request would otherwise fail the step of all.
    private ArgumentException? Refusal(GenerationRequest request)
    {
        if (request.PromptTokens.Length == 0)
        {
            return new ArgumentException("The prompt has no tokens.");
        }

        foreach (int token in request.PromptTokens)
        {
            if ((uint)token >= (uint)Model.VocabularySize)
            {
                return new ArgumentException($"Prompt token {token} is outside the vocabulary of {Model.VocabularySize}.");
            }
        }

        return request.MaxTokens < 0 || request.Choices < 1
            ? new ArgumentException($"{request.MaxTokens} tokens for {request.Choices} choices cannot be asked for.")
            : Options.ContextLength < request.PromptTokens.Length
            ? new ArgumentException($"The prompt's {request.PromptTokens.Length} tokens exceed the context of {Options.ContextLength}.")
            : request.Adapter is { } adapter && Model.FindAdapter(adapter) == StepSequence.NoAdapter
            ? new ArgumentException($"The model has no adapter '{adapter}'.")
            : CanEverFit(request) ? null
            : new ArgumentException("The request does not fit the cache, even alone.");
    }

    private void DropEnded()
    {
        for (int i = _scheduler.Requests.Count - 1; i >= 0; i--)
        {
            RequestState request = _scheduler.Requests[i];
            if (request.Generation.IsCancelled)
            {
                EndRequest(request, FinishReason.Abort, failure: null);
                continue;
            }

            foreach (Sequence sequence in request.Sequences)
            {
                if (sequence.State != SequenceState.Finished && request.Generation.IsStopped(sequence.Choice))
                {
                    EndChoice(sequence, FinishReason.Stop, -1);
                }
            }
        }
    }

    private void MarkStarted(long now)
    {
        for (int i = 0; i < _scheduler.Planned.Count; i++)
        {
            GenerationStatistics statistics = _scheduler.Planned[i].Request.Generation.Statistics;
            if (statistics.StartedTimestamp == 0)
            {
                statistics.StartedTimestamp = now;
            }
        }
    }

    /// <summary>Publishes what the step has yielded for one sequence.</summary>
    private void Use(Sequence sequence, in StepSequence share, ReadOnlySpan<float> logits, long now)
    {
        RequestState request = sequence.Request;
        try
        {
            if (request.Generation.Request.PromptLogprobs)
            {
                PublishScores(sequence, share, logits);
            }

            if (sequence.RemainingCount > 0)
            {
                return;
            }

            if (!request.IsForked)
            {
                _scheduler.Fork(sequence);
                _metrics?.PromptComputed(sequence.PromptLength, request.Generation.Statistics.CachedPromptTokens);
            }
        }
        catch (Exception failure)
        {
            // The prompt is the whole request's: without it no choice can go on.
            EndRequest(request, FinishReason.Error, failure);
            return;
        }

        ReadOnlySpan<float> row = Row(logits, share.FirstLogit + share.LogitCount - 1);
        if (sequence.GeneratedCount > 0)
        {
            Advance(sequence, row, now);
            return;
        }

        // The first token: the choices that have just parted from this one draw theirs from the same row.
        foreach (Sequence choice in request.Sequences)
        {
            bool parted = choice.State == SequenceState.Running && choice.PlannedCount == 0 && choice.RemainingCount == 0;
            if (choice == sequence || parted)
            {
                Advance(choice, row, now);
            }
        }
    }

    private void Advance(Sequence sequence, ReadOnlySpan<float> row, long now)
    {
        try
        {
            if (sequence.Request.MaxTokens == 0)
            {
                MarkFirstToken(sequence.Request.Generation.Statistics, now);
                EndChoice(sequence, FinishReason.Length, -1);
            }
            else
            {
                SampleNext(sequence, row, now);
            }
        }
        catch (Exception failure)
        {
            sequence.Request.Failure = failure;
            EndChoice(sequence, FinishReason.Error, -1);
        }
    }

    private void SampleNext(Sequence sequence, ReadOnlySpan<float> row, long now)
    {
        RequestState request = sequence.Request;
        GenerationRequest asked = request.Generation.Request;
        ReadOnlySpan<int> masked = sequence.GeneratedCount < asked.MinTokens ? request.EndTokens : [];
        int token = _sampler.Sample(row, asked.Sampling, asked.PromptTokens, sequence.GeneratedTokens, masked, sequence.Choice);

        GenerationStatistics statistics = request.Generation.Statistics;
        statistics.GeneratedTokens++;
        MarkFirstToken(statistics, now);
        _metrics?.TokenGenerated();
        if (sequence.LastTokenTimestamp != 0)
        {
            _metrics?.NextToken(_time.GetElapsedTime(sequence.LastTokenTimestamp, now));
        }

        sequence.LastTokenTimestamp = now;
        if (request.EndTokens.AsSpan().Contains(token))
        {
            EndChoice(sequence, FinishReason.Stop, token);
            return;
        }

        sequence.Append(token);
        request.Generation.Publish(Scored(GeneratedTokenKind.Token, sequence.Choice, token, row, asked.Logprobs));
        if (sequence.GeneratedCount >= request.MaxTokens)
        {
            EndChoice(sequence, FinishReason.Length, -1);
        }
    }

    private void MarkFirstToken(GenerationStatistics statistics, long now)
    {
        if (statistics.FirstTokenTimestamp == 0)
        {
            statistics.FirstTokenTimestamp = now;
            _metrics?.FirstToken(_time.GetElapsedTime(statistics.QueuedTimestamp, now));
        }
    }

    /// <summary>The row of position p scores the prompt's token p + 1. The first token has no score.</summary>
    private void PublishScores(Sequence sequence, in StepSequence share, ReadOnlySpan<float> logits)
    {
        RequestState request = sequence.Request;
        GenerationRequest asked = request.Generation.Request;
        if (!request.IsFirstTokenPublished)
        {
            request.IsFirstTokenPublished = true;
            request.Generation.Publish(new GeneratedToken(
                GeneratedTokenKind.Prompt, 0, asked.PromptTokens[0], float.NaN, null, FinishReason.None));
        }

        int firstPosition = share.StartPosition + share.TokenCount - share.LogitCount;
        while (request.IsScoring && request.NextScoreRow < share.StartPosition + share.TokenCount)
        {
            ReadOnlySpan<float> row = Row(logits, share.FirstLogit + request.NextScoreRow - firstPosition);
            int token = asked.PromptTokens[++request.NextScoreRow];
            request.Generation.Publish(Scored(GeneratedTokenKind.Prompt, 0, token, row, asked.Logprobs ?? 0));
        }
    }

    private static GeneratedToken Scored(GeneratedTokenKind kind, int choice, int token, ReadOnlySpan<float> row, int? alternatives)
    {
        if (alternatives is not int count)
        {
            return new GeneratedToken(kind, choice, token, float.NaN, null, FinishReason.None);
        }

        double normalizer = LogSoftmax.Normalizer(row);
        TokenLogprob[] top = count > 0 ? LogSoftmax.Top(row, count, normalizer) : [];
        return new GeneratedToken(kind, choice, token, (float)(row[token] - normalizer), top, FinishReason.None);
    }

    private ReadOnlySpan<float> Row(ReadOnlySpan<float> logits, int index) =>
        logits.Slice(index * Model.VocabularySize, Model.VocabularySize);
}
