namespace Sparrow.Compression.Training;

/// <summary>The gain of a norm, in effect and as stored; families that store it less one differ in nothing else.</summary>
internal sealed class NormGain(string name, float[] stored, float offset, float epsilon)
{
    private readonly float[] _gain = new float[stored.Length];

    public string Name => name;

    public int Size => stored.Length;

    public float[]? Gradient { get; set; }

    /// <summary>What is stored; training changes it, and the gain follows with <see cref="Refresh"/>.</summary>
    public float[] Stored => stored;

    /// <summary>Takes over what is stored.</summary>
    public NormGain Refresh()
    {
        for (int i = 0; i < stored.Length; i++)
        {
            _gain[i] = stored[i] + offset;
        }

        return this;
    }

    /// <summary>Norms rows piece by piece: a row of several times <see cref="Size"/> values holds as many heads.</summary>
    public void Forward(BlockProducts products, FloatRows x, int firstColumn, int columns, FloatRows y, int count) =>
        products.Parallel(count, 32, (start, end) =>
        {
            for (int token = start; token < end; token++)
            {
                for (int i = firstColumn; i < firstColumn + columns; i += Size)
                {
                    RmsNormPass.Forward(x.Row(token).Slice(i, Size), _gain, epsilon, y.Row(token).Slice(i, Size));
                }
            }
        });

    /// <summary>dx += what comes back through the norm, and the gain's gradient where it is trained.</summary>
    public void Backward(BlockProducts products, FloatRows dy, FloatRows x, int firstColumn, int columns, FloatRows dx, int count)
    {
        products.Parallel(count, 32, (start, end) =>
        {
            for (int token = start; token < end; token++)
            {
                for (int i = firstColumn; i < firstColumn + columns; i += Size)
                {
                    RmsNormPass.Backward(dy.Row(token).Slice(i, Size), x.Row(token).Slice(i, Size), _gain, epsilon, dx.Row(token).Slice(i, Size));
                }
            }
        });
        if (Gradient is null)
        {
            return;
        }

        // In chunks of tokens that do not depend on the threads; their sums are added in order.
        const int Chunk = 64;
        int chunks = (count + Chunk - 1) / Chunk;
        float[] shares = new float[chunks * Size];
        products.Parallel(chunks, 1, (start, end) =>
        {
            for (int token = start * Chunk; token < Math.Min(end * Chunk, count); token++)
            {
                for (int i = firstColumn; i < firstColumn + columns; i += Size)
                {
                    RmsNormPass.AddGain(dy.Row(token).Slice(i, Size), x.Row(token).Slice(i, Size), epsilon, shares.AsSpan(token / Chunk * Size, Size));
                }
            }
        });
        for (int i = 0; i < shares.Length; i++)
        {
            Gradient[i % Size] += shares[i];
        }
    }
}
