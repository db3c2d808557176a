namespace Sparrow.Runtime.Models;

/// <summary>
/// What one step computes: the tokens of all its sequences, one after the other, and where each sequence's keys and values lie in the cache.
/// One instance is reused for every step; nothing here is allocated while decoding.
/// </summary>
public sealed class StepBatch
{
    private readonly int[] _tokenIds;
    private readonly StepSequence[] _sequences;

    /// <param name="maxTokens">Most tokens in a step.</param>
    /// <param name="maxSequences">Most sequences in a step.</param>
    public StepBatch(int maxTokens, int maxSequences)
    {
        _tokenIds = new int[maxTokens];
        _sequences = new StepSequence[maxSequences];
    }

    public int MaxTokens => _tokenIds.Length;

    public int MaxSequences => _sequences.Length;

    public int TokenCount { get; private set; }

    public int SequenceCount { get; private set; }

    /// <summary>Rows of logits that the step yields: the sum of <see cref="StepSequence.LogitCount"/>.</summary>
    public int LogitCount { get; private set; }

    public ReadOnlySpan<int> TokenIds => _tokenIds.AsSpan(0, TokenCount);

    public ReadOnlySpan<StepSequence> Sequences => _sequences.AsSpan(0, SequenceCount);

    public void Clear()
    {
        _sequences.AsSpan(0, SequenceCount).Clear();
        TokenCount = 0;
        SequenceCount = 0;
        LogitCount = 0;
    }

    /// <summary>Adds one sequence's next tokens.</summary>
    /// <param name="tokens">The tokens at positions <paramref name="startPosition"/> and following.</param>
    /// <param name="startPosition">Position of the first of them = tokens of this sequence already in the cache.</param>
    /// <param name="blockTable">Numbers of the sequence's sealed blocks, in order, those that this step seals included: at least
    /// (startPosition + tokens) / 32 entries.</param>
    /// <param name="openSlot">The sequence's slot in the open arena.</param>
    /// <param name="logitCount">How many of the last tokens yield a row of logits: 0, 1, or all for scoring.</param>
    /// <param name="adapter">Place of the sequence's adapter among the model's, or <see cref="StepSequence.NoAdapter"/>.</param>
    public void Add(
        ReadOnlySpan<int> tokens, int startPosition, int[] blockTable, int openSlot, int logitCount, int adapter = StepSequence.NoAdapter)
    {
        tokens.CopyTo(_tokenIds.AsSpan(TokenCount));
        _sequences[SequenceCount++] = new StepSequence(
            TokenCount, tokens.Length, startPosition, blockTable, openSlot, LogitCount, logitCount, adapter);
        TokenCount += tokens.Length;
        LogitCount += logitCount;
    }
}

/// <summary>One sequence's share of a step.</summary>
/// <param name="FirstToken">Index of its first token in the batch.</param>
/// <param name="TokenCount">Tokens it advances by.</param>
/// <param name="StartPosition">Position of its first token in the sequence.</param>
/// <param name="BlockTable">Numbers of its sealed blocks, those that this step seals included.</param>
/// <param name="OpenSlot">Its slot in the open arena.</param>
/// <param name="FirstLogit">Index of its first row of logits.</param>
/// <param name="LogitCount">Rows of logits it yields, for the last tokens of its share.</param>
/// <param name="Adapter">Place of its adapter among the model's, or <see cref="NoAdapter"/>.</param>
public readonly record struct StepSequence(
    int FirstToken, int TokenCount, int StartPosition, int[] BlockTable, int OpenSlot, int FirstLogit, int LogitCount,
    int Adapter = StepSequence.NoAdapter)
{
    /// <summary>The model as it is.</summary>
    public const int NoAdapter = -1;
}
