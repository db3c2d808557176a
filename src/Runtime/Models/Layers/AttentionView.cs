using Sparrow.Runtime.KvCache;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>
/// What attention sees of the tokens before and beside those of this step: whose they are, where their keys and values go, and where those of a
/// block lie. One view reads the paged cache; another holds whole sequences without pages, for calibration and evaluation.
/// </summary>
internal abstract unsafe class AttentionView
{
    /// <summary>The sequences of this step; their tokens lie one after the other.</summary>
    public abstract ReadOnlySpan<StepSequence> Sequences { get; }

    /// <summary>Stores one head of this step's keys and values of one sequence. Called once for each layer and head, before any attention of that
    /// layer; heads may be stored side by side.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="sequence">Index in <see cref="Sequences"/>.</param>
    /// <param name="kvHead">Head of keys and values.</param>
    /// <param name="keys">The head's key of the sequence's first token.</param>
    /// <param name="values">The head's value of the sequence's first token.</param>
    /// <param name="stride">Floats from one token to the next.</param>
    public abstract void Append(int layer, int sequence, int kvHead, float* keys, float* values, int stride);

    /// <summary>A block as the queries of <paramref name="queryBlock"/> read it: their own block in its open form, an earlier one as sealed.</summary>
    public abstract KvHeadBlock Read(int layer, int sequence, int kvHead, int block, int queryBlock);
}
