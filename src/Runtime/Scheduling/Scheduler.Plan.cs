using System.Diagnostics;
using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Scheduling;

/// <summary>The choice of a step's tokens.</summary>
internal sealed partial class Scheduler
{
    /// <summary>Fills the step.</summary>
    /// <remarks>
    /// 1. Running decodes get their next block, the first in order first; where none is left, the last in order is preempted.
    /// 2. Their tokens go into the batch.
    /// 3. Waiting sequences are admitted while there is room.
    /// 4. Prompts fill the rest of the step, short ones first, but never all of it while a long one is at work.
    /// </remarks>
    /// <returns>Whether there is anything to compute.</returns>
    public bool Plan(StepBatch batch)
    {
        batch.Clear();
        ClearPlan();

        // 1.
        for (int i = 0; i < _running.Count;)
        {
            Sequence sequence = _running[i];
            bool stays = sequence.RemainingCount != 1 || TryGrow(sequence);

            // A preemption may have taken out sequences before this one; then the walk begins again. Each such round takes one out, so it ends.
            i = stays && i < _running.Count && _running[i] == sequence ? i + 1 : 0;
        }

        // 2.
        foreach (Sequence sequence in _running)
        {
            if (sequence.RemainingCount == 1 && batch.TokenCount < MaxStepTokens)
            {
                AddChunk(batch, sequence, 1);
            }
        }

        // 3.
        int budget = Math.Min(_pace.PrefillBudget(batch.TokenCount), batch.MaxTokens - batch.TokenCount);
        while (_waiting.Count > 0 && PrefillBacklog(budget) < budget && TryAdmit(_waiting[0]))
        {
        }

        // 4.
        AddPrefills(batch, budget);
        return batch.TokenCount > 0;
    }

    private void ClearPlan()
    {
        foreach (Sequence sequence in _planned)
        {
            sequence.PlannedCount = 0;
        }

        _planned.Clear();
        PlannedDecodeTokens = 0;
        PlannedPrefillTokens = 0;
    }

    /// <summary>Prompt tokens in hand, a long prompt counted as a quarter of a step.</summary>
    private int PrefillBacklog(int budget)
    {
        int backlog = 0;
        foreach (Sequence sequence in _running)
        {
            backlog += sequence.PlannedCount == 0 && sequence.RemainingCount > 1
                ? Math.Min(sequence.RemainingCount, Math.Max(budget / 4, 1))
                : 0;
        }

        return backlog;
    }

    private void AddPrefills(StepBatch batch, int budget)
    {
        int stepBudget = budget;
        int longCount = 0;
        foreach (Sequence sequence in _running)
        {
            if (sequence.PlannedCount == 0)
            {
                TakeLateHits(sequence);
                longCount += sequence.RemainingCount > stepBudget ? 1 : 0;
            }
        }

        // While a long prompt is at work short ones overtake it, but half of the step stays its own.
        int shortBudget = longCount > 0 ? budget / 2 : budget;
        foreach (Sequence sequence in _running)
        {
            if (sequence.PlannedCount == 0 && sequence.RemainingCount <= stepBudget)
            {
                int taken = AddChunk(batch, sequence, shortBudget);
                shortBudget -= taken;
                budget -= taken;
            }
        }

        int longAtWork = 0;
        foreach (Sequence sequence in _running)
        {
            if (sequence.PlannedCount == 0 && sequence.RemainingCount > stepBudget && longAtWork++ < _options.MaxLongPrefills)
            {
                budget -= AddChunk(batch, sequence, budget);
            }
        }
    }

    /// <summary>Adds up to so many of the sequence's next tokens, fewer where the model's rows of logits run out.</summary>
    /// <returns>The tokens added.</returns>
    private int AddChunk(StepBatch batch, Sequence sequence, int tokenLimit)
    {
        int count = Math.Min(Math.Min(sequence.RemainingCount, tokenLimit), batch.MaxTokens - batch.TokenCount);
        int rowsLeft = _model.MaxLogitRows - batch.LogitCount;
        int logitCount;
        if (sequence.Request.IsScoring)
        {
            int firstRow = Math.Max(sequence.ComputedCount, sequence.Request.NextScoreRow);
            count = Math.Min(count, firstRow + rowsLeft - sequence.ComputedCount);
            logitCount = Math.Max(sequence.ComputedCount + count - firstRow, 0);
        }
        else
        {
            if (rowsLeft == 0 && count == sequence.RemainingCount)
            {
                count--;
            }

            logitCount = count == sequence.RemainingCount ? 1 : 0;
        }

        if (count <= 0)
        {
            return 0;
        }

        Debug.Assert(
            (sequence.ComputedCount + count) / KvCache.KvLayout.BlockTokens <= sequence.BlockCount, "What a step seals has its block.");
        if (sequence.GeneratedCount > 0 && sequence.RemainingCount == 1)
        {
            PlannedDecodeTokens++;
        }
        else
        {
            PlannedPrefillTokens += count;
        }

        ReadOnlySpan<int> tokens = sequence.Tokens.Slice(sequence.ComputedCount, count);
        batch.Add(tokens, sequence.ComputedCount, sequence.BlockTable, sequence.OpenSlot, logitCount, sequence.Request.Adapter);
        sequence.PlannedCount = count;
        _planned.Add(sequence);
        return count;
    }
}
