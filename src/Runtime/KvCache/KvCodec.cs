namespace Sparrow.Runtime.KvCache;

/// <summary>
/// One way to keep the keys and values of a head in a block of 32 tokens: the bytes it takes, how an open block becomes one, and the two products
/// that attention takes with it. A cache holds one codec for each precision that its profile names.
/// </summary>
internal abstract unsafe class KvCodec
{
    /// <summary>Bytes of one head's 32 keys; a multiple of 64.</summary>
    public abstract int KeyBytes(int headSize);

    /// <summary>Bytes of one head's 32 values; a multiple of 64.</summary>
    public abstract int ValueBytes(int headSize);

    /// <summary>Turns a full open block's keys of one head into this form.</summary>
    public abstract void SealKeys(OpenKvCodec open, byte* source, byte* destination, int headSize);

    /// <summary>Turns a full open block's values of one head into this form.</summary>
    public abstract void SealValues(OpenKvCodec open, byte* source, byte* destination, int headSize);

    /// <summary>Fills in what this codec reads of a slice's queries beside the floats; once for all blocks.</summary>
    public virtual void Prepare(in QueryRows queries, int headSize)
    {
    }

    /// <summary>scores[row, j] = q[row] · key j, for all 32 tokens; scores lie 32 apart.</summary>
    public abstract void KeyScores(in QueryRows queries, byte* keys, int headSize, float* scores);

    /// <summary>result[row] = result[row] · corrections[row] + Σ over tokens in [first, end) of weights[row, j] · value j.</summary>
    public abstract void ValueSum(
        float* weights, int rowCount, byte* values, int first, int end, int headSize, float* corrections, float* result);
}
