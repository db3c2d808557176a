using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.KvCache;

/// <summary>
/// A form that takes keys and values as they come, token by token: the form of open blocks, and sealed blocks of 32 or 16 bits lie the same way.
/// <code>
/// keys of a head:    [headSize][32 tokens]           a vector lane is a token: scores need no sum across lanes
/// values of a head:  [32 tokens][padded headSize]    a vector lane is a dimension: nor does the weighted sum
/// </code>
/// </summary>
internal abstract unsafe class OpenKvCodec(KernelSet kernels, int elementBytes) : KvCodec
{
    protected KernelSet Kernels { get; } = kernels;

    public sealed override int KeyBytes(int headSize) => KvLayout.BlockTokens * headSize * elementBytes;

    public sealed override int ValueBytes(int headSize) => KvLayout.BlockTokens * KvLayout.PadHead(headSize) * elementBytes;

    public sealed override void SealKeys(OpenKvCodec open, byte* source, byte* destination, int headSize) =>
        open.Copy(source, this, destination, KvLayout.BlockTokens * headSize);

    public sealed override void SealValues(OpenKvCodec open, byte* source, byte* destination, int headSize) =>
        open.Copy(source, this, destination, KvLayout.BlockTokens * KvLayout.PadHead(headSize));

    /// <summary>Writes tokens' keys of one head into a block.</summary>
    /// <param name="keys">The first token's key.</param>
    /// <param name="stride">Floats from one token to the next.</param>
    /// <param name="tokenCount">Tokens.</param>
    /// <param name="block">The head's keys in the block.</param>
    /// <param name="firstToken">Where in the block the first token goes.</param>
    /// <param name="headSize">Values of a key.</param>
    public abstract void WriteKeys(float* keys, int stride, int tokenCount, byte* block, int firstToken, int headSize);

    /// <summary>Writes tokens' values of one head into a block; parameters as for keys.</summary>
    public abstract void WriteValues(float* values, int stride, int tokenCount, byte* block, int firstToken, int headSize);

    /// <summary>Elements as floats: what quantising codecs read.</summary>
    public abstract void Widen(byte* source, float* destination, int count);

    /// <summary>Elements from floats, rounded where the form is narrower.</summary>
    public abstract void Narrow(float* source, byte* destination, int count);

    private void Copy(byte* source, OpenKvCodec target, byte* destination, int count)
    {
        if (target.GetType() == GetType())
        {
            Buffer.MemoryCopy(source, destination, (long)count * elementBytes, (long)count * elementBytes);
            return;
        }

        // A row of 256 at a time through the stack: sealing floats as halves happens only in profiles that mix the two.
        const int Row = 256;
        float* row = stackalloc float[Row];
        for (int i = 0; i < count; i += Row)
        {
            int length = Math.Min(Row, count - i);
            Widen(source + ((long)i * elementBytes), row, length);
            target.Narrow(row, destination + target.Offset(i), length);
        }
    }

    /// <summary>Where an element lies, in bytes.</summary>
    public long Offset(int element) => (long)element * elementBytes;
}
