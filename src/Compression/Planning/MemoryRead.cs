using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Planning;

/// <summary>Reads memory that no cache holds, all threads at once: the wall that decoding runs against.</summary>
internal sealed class MemoryRead : IParallelWork, IDisposable
{
    public const int Items = 256;
    public const long Bytes = 256L << 20;

    private readonly NativeBuffer _buffer = new(Bytes);
    private float _sum;

    public MemoryRead()
    {
        // Pages that were never written are all the same one.
        _buffer.AsSpan<float>().Fill(1);
    }

    public void Execute(int start, int end, int worker)
    {
        int perItem = (int)(Bytes / Items / sizeof(float));
        ReadOnlySpan<Vector512<float>> values =
            MemoryMarshal.Cast<float, Vector512<float>>(_buffer.AsSpan<float>().Slice(start * perItem, (end - start) * perItem));
        Vector512<float> first = Vector512<float>.Zero;
        Vector512<float> second = Vector512<float>.Zero;
        for (int i = 0; i < values.Length; i += 2)
        {
            first += values[i];
            second += values[i + 1];
        }

        // Kept, so that the reads are.
        _sum = Vector512.Sum(first + second);
    }

    public override string ToString() => $"{_sum}";

    public void Dispose() => _buffer.Dispose();
}
