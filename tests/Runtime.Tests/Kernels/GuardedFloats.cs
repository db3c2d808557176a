using Sparrow.Testing;

namespace Sparrow.Runtime.Tests.Kernels;

/// <summary>Floats that end at an unreadable page.</summary>
internal sealed unsafe class GuardedFloats(int count) : IDisposable
{
    private readonly GuardedMemory _memory = new((long)count * sizeof(float));

    public float* Pointer => (float*)_memory.Pointer;

    public Span<float> Span => new(Pointer, count);

    /// <summary>Normally distributed values, seeded.</summary>
    public static GuardedFloats Normal(int count, int seed, double deviation = 1)
    {
        GuardedFloats floats = new(count);
        Random random = new(seed);
        foreach (ref float x in floats.Span)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            x = (float)(deviation * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return floats;
    }

    public static GuardedFloats Of(ReadOnlySpan<float> values)
    {
        GuardedFloats floats = new(values.Length);
        values.CopyTo(floats.Span);
        return floats;
    }

    public void Dispose() => _memory.Dispose();
}
