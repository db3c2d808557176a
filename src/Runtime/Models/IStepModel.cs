namespace Sparrow.Runtime.Models;

/// <summary>
/// What the engine needs of a model and its cache: one step forward. The real one is a <c>DecoderModel</c> with its <c>PagedKvCache</c>; the
/// scheduler's simulation has another that remembers which token lies where.
/// </summary>
public interface IStepModel
{
    int VocabularySize { get; }

    /// <summary>Sealed blocks that the cache holds; block numbers run from 0 to this, exclusive.</summary>
    int BlockCount { get; }

    /// <summary>Slots of the open arena: the most sequences that can be in the cache at once.</summary>
    int OpenSlotCount { get; }

    /// <summary>Most rows of logits that one step may ask for.</summary>
    int MaxLogitRows { get; }

    /// <summary>The place of an adapter among the model's, by which a step's sequences name it; <see cref="StepSequence.NoAdapter"/> where there is none of
    /// that name.</summary>
    int FindAdapter(string name) => StepSequence.NoAdapter;

    /// <summary>Runs the step's tokens through the model, appends their keys and values, and seals the blocks that become full.</summary>
    /// <returns>The logits, <see cref="StepBatch.LogitCount"/> rows of <see cref="VocabularySize"/> floats, valid until the next call.</returns>
    ReadOnlySpan<float> Forward(StepBatch batch);

    /// <summary>Copies an open block, so that a second sequence can go on from the same prefix (<c>n</c> &gt; 1).</summary>
    /// <param name="source">Slot to copy from.</param>
    /// <param name="destination">Slot to copy to.</param>
    /// <param name="tokenCount">Tokens in it, 0 to 31.</param>
    void CopyOpenSlot(int source, int destination, int tokenCount);
}
