using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models;

namespace Sparrow.Testing;

/// <summary>
/// A model whose cache holds token ids. Its logits are a hash of exactly the tokens that the block table and the open slot hold, so that a wrong
/// block, a stale slot or a block shared before it was sealed changes what is generated.
/// </summary>
public sealed class FakeStepModel : IStepModel
{
    private readonly int[] _blocks;
    private readonly int[] _openSlots;
    private readonly float[] _logits;
    private readonly int[] _tokens;

    public FakeStepModel(int vocabularySize, int blockCount, int openSlotCount, int maxLogitRows)
    {
        VocabularySize = vocabularySize;
        BlockCount = blockCount;
        OpenSlotCount = openSlotCount;
        MaxLogitRows = maxLogitRows;
        _blocks = new int[blockCount * KvLayout.BlockTokens];
        _openSlots = new int[openSlotCount * KvLayout.BlockTokens];
        _logits = new float[maxLogitRows * vocabularySize];

        // The longest sequence fills all blocks and one open slot.
        _tokens = new int[(blockCount + 1) * KvLayout.BlockTokens];
        Array.Fill(_blocks, -1);
        Array.Fill(_openSlots, -1);
    }

    public int VocabularySize { get; }

    public int BlockCount { get; }

    public int OpenSlotCount { get; }

    public int MaxLogitRows { get; }

    /// <summary>Runs before each step's computation: to take time, to fail, to look.</summary>
    public Action<StepBatch>? BeforeForward { get; set; }

    /// <summary>The tokens of a sealed block.</summary>
    public ReadOnlySpan<int> BlockTokens(int block) => _blocks.AsSpan(block * KvLayout.BlockTokens, KvLayout.BlockTokens);

    /// <summary>The logits after these tokens, by definition.</summary>
    public static void LogitsOf(ReadOnlySpan<int> tokens, Span<float> logits)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (int token in tokens)
        {
            hash = Mix(hash ^ (uint)token);
        }

        for (int i = 0; i < logits.Length; i++)
        {
            logits[i] = (Mix(hash + (ulong)i) >> 40) * (8f / (1 << 24)) - 4f;
        }
    }

    public ReadOnlySpan<float> Forward(StepBatch batch)
    {
        BeforeForward?.Invoke(batch);
        if (batch.LogitCount > MaxLogitRows)
        {
            throw new InvalidOperationException($"{batch.LogitCount} rows of logits are more than {MaxLogitRows}.");
        }

        // First every sequence reads what was there before the step, then every sequence writes: as in the real model, nothing that one
        // sequence seals in a step can be read by another in the same step.
        foreach (StepSequence sequence in batch.Sequences)
        {
            Read(batch, sequence);
        }

        foreach (StepSequence sequence in batch.Sequences)
        {
            Write(batch, sequence);
        }

        return _logits.AsSpan(0, batch.LogitCount * VocabularySize);
    }

    public void CopyOpenSlot(int source, int destination, int tokenCount)
    {
        OpenTokens(destination).Fill(-1);
        OpenTokens(source)[..tokenCount].CopyTo(OpenTokens(destination));
    }

    private void Read(StepBatch batch, StepSequence sequence)
    {
        int sealedCount = sequence.StartPosition / KvLayout.BlockTokens;
        int end = sequence.StartPosition + sequence.TokenCount;
        for (int i = 0; i < sealedCount; i++)
        {
            BlockTokens(sequence.BlockTable[i]).CopyTo(_tokens.AsSpan(i * KvLayout.BlockTokens));
        }

        int open = sequence.StartPosition % KvLayout.BlockTokens;
        OpenTokens(sequence.OpenSlot)[..open].CopyTo(_tokens.AsSpan(sealedCount * KvLayout.BlockTokens));
        batch.TokenIds.Slice(sequence.FirstToken, sequence.TokenCount).CopyTo(_tokens.AsSpan(sequence.StartPosition));
        for (int row = 0; row < sequence.LogitCount; row++)
        {
            int length = end - sequence.LogitCount + row + 1;
            LogitsOf(_tokens.AsSpan(0, length), _logits.AsSpan((sequence.FirstLogit + row) * VocabularySize, VocabularySize));
        }
    }

    private void Write(StepBatch batch, StepSequence sequence)
    {
        Span<int> open = OpenTokens(sequence.OpenSlot);
        for (int i = 0; i < sequence.TokenCount; i++)
        {
            int position = sequence.StartPosition + i;
            open[position % KvLayout.BlockTokens] = batch.TokenIds[sequence.FirstToken + i];
            if ((position + 1) % KvLayout.BlockTokens == 0)
            {
                int block = sequence.BlockTable[position / KvLayout.BlockTokens];
                open.CopyTo(_blocks.AsSpan(block * KvLayout.BlockTokens));
                open.Fill(-1);
            }
        }
    }

    private Span<int> OpenTokens(int slot) => _openSlots.AsSpan(slot * KvLayout.BlockTokens, KvLayout.BlockTokens);

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 33)) * 0xFF51AFD7ED558CCD;
        value = (value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53;
        return value ^ (value >> 33);
    }
}
