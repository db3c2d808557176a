using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Sampling;

namespace Sparrow.Compression.Evaluation;

/// <summary>
/// Log-probabilities of given tokens, by the same steps over the same cache that serve requests, so that what is measured is what is served: the
/// cache's precision included. One caller at a time; the model belongs to no engine meanwhile.
/// </summary>
public sealed class SequenceScorer
{
    private readonly IStepModel _model;
    private readonly StepBatch _batch;
    private readonly int _maxTokens;

    /// <param name="model">A loaded model.</param>
    /// <param name="maxTokens">Most tokens in a step; no more than the model was loaded for.</param>
    public SequenceScorer(LoadedModel model, int maxTokens)
    {
        _model = model.StepModel;
        _maxTokens = maxTokens;
        ContextLength = model.ContextLength;
        _batch = new StepBatch(maxTokens, _model.OpenSlotCount);
    }

    public int ContextLength { get; }

    /// <summary>Scores sequences together. What they all begin with is computed once.</summary>
    /// <exception cref="ArgumentException">A sequence is longer than the context, or all of them together than the cache.</exception>
    public IReadOnlyList<SequenceScore> Score(IReadOnlyList<ScoredSequence> sequences, CancellationToken cancellation = default)
    {
        Check(sequences);

        // 1. The common beginning, in slot 0.
        int shared = CountSharedTokens(sequences);
        int nextBlock = shared / KvLayout.BlockTokens;
        int[] sharedBlocks = [.. Enumerable.Range(0, nextBlock)];
        for (int position = 0; position < shared; position += _maxTokens)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(_maxTokens, shared - position);
            _batch.Clear();
            _batch.Add(sequences[0].Tokens.AsSpan(position, count), position, sharedBlocks, 0, logitCount: 0);
            _model.Forward(_batch);
        }

        // 2. Each sequence goes on from there in a slot and blocks of its own.
        List<Progress> running = [];
        foreach (ScoredSequence sequence in sequences)
        {
            int ownBlocks = ((sequence.Tokens.Length - 1) / KvLayout.BlockTokens) - sharedBlocks.Length;
            int[] blocks = [.. sharedBlocks, .. Enumerable.Range(nextBlock, Math.Max(0, ownBlocks))];
            nextBlock += Math.Max(0, ownBlocks);
            int slot = running.Count + 1;
            _model.CopyOpenSlot(0, slot, shared % KvLayout.BlockTokens);
            running.Add(new Progress(sequence, blocks, slot, shared));
        }

        // 3. Steps of as many sequences as fit.
        while (running.Exists(progress => !progress.IsDone))
        {
            cancellation.ThrowIfCancellationRequested();
            Step(running);
        }

        return [.. running.Select(progress => new SequenceScore(progress.Logprobs, progress.AreGreedy))];
    }

    private void Check(IReadOnlyList<ScoredSequence> sequences)
    {
        if (sequences.Count >= _model.OpenSlotCount)
        {
            throw new ArgumentException($"{sequences.Count} sequences at once are more than the {_model.OpenSlotCount - 1} that the model was loaded for.", nameof(sequences));
        }

        long blocks = sequences.Sum(sequence => (long)sequence.Tokens.Length / KvLayout.BlockTokens);
        if (blocks > _model.BlockCount)
        {
            throw new ArgumentException($"The sequences need {blocks} blocks of cache, and there are {_model.BlockCount}.", nameof(sequences));
        }

        foreach (ScoredSequence sequence in sequences)
        {
            // The last token is predicted, never read.
            if (sequence.Tokens.Length - 1 > ContextLength)
            {
                throw new ArgumentException($"A sequence of {sequence.Tokens.Length} tokens exceeds the context of {ContextLength}.", nameof(sequences));
            }

            ArgumentOutOfRangeException.ThrowIfLessThan(sequence.FirstScored, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sequence.FirstScored, sequence.Tokens.Length);
        }
    }

    private static int CountSharedTokens(IReadOnlyList<ScoredSequence> sequences)
    {
        // The token before the first scored one yields logits, so it is not part of what is only read.
        int shared = sequences.Min(sequence => sequence.FirstScored) - 1;
        foreach (ScoredSequence sequence in sequences)
        {
            shared = Math.Min(shared, sequence.Tokens.AsSpan().CommonPrefixLength(sequences[0].Tokens));
        }

        return sequences.Count == 1 ? 0 : shared;
    }

    private void Step(List<Progress> running)
    {
        _batch.Clear();
        List<(Progress Sequence, int FirstScored, int LogitCount)> parts = [];
        foreach (Progress progress in running.Where(progress => !progress.IsDone))
        {
            int count = Math.Min(progress.Remaining, _maxTokens - _batch.TokenCount);
            int unscored = Math.Max(0, progress.FirstLogit - progress.Position);
            count = Math.Min(count, unscored + _model.MaxLogitRows - _batch.LogitCount);
            if (count <= 0)
            {
                break;
            }

            int logitCount = Math.Max(0, count - unscored);
            int firstScored = progress.Position + count - logitCount + 1;
            _batch.Add(progress.Tokens.AsSpan(progress.Position, count), progress.Position, progress.Blocks, progress.Slot, logitCount);
            progress.Position += count;
            parts.Add((progress, firstScored, logitCount));
        }

        ReadOnlySpan<float> logits = _model.Forward(_batch);
        int row = 0;
        foreach ((Progress progress, int firstScored, int logitCount) in parts)
        {
            for (int i = 0; i < logitCount; i++)
            {
                progress.Take(firstScored + i, logits.Slice(row++ * _model.VocabularySize, _model.VocabularySize));
            }
        }
    }

    /// <summary>A sequence on its way through the model.</summary>
    private sealed class Progress(ScoredSequence sequence, int[] blocks, int slot, int position)
    {
        public int[] Tokens => sequence.Tokens;

        public int[] Blocks { get; } = blocks;

        public int Slot { get; } = slot;

        /// <summary>Tokens read so far.</summary>
        public int Position { get; set; } = position;

        public int FirstLogit => sequence.FirstScored - 1;

        public int Remaining => Tokens.Length - 1 - Position;

        public bool IsDone => Remaining == 0;

        public double[] Logprobs { get; } = new double[sequence.Tokens.Length - sequence.FirstScored];

        public bool AreGreedy { get; private set; } = true;

        public void Take(int scored, ReadOnlySpan<float> logits)
        {
            int token = Tokens[scored];
            Logprobs[scored - sequence.FirstScored] = logits[token] - LogSoftmax.Normalizer(logits);
            AreGreedy &= LogSoftmax.Top(logits, 1, 0)[0].TokenId == token;
        }
    }
}
