using System.Runtime.InteropServices;

namespace Sparrow.Runtime.Tensors;

/// <summary>A block of native memory, aligned to 64 bytes and zeroed: what weights, caches and scratch live in.</summary>
/// <remarks>Large zeroed blocks come from the system untouched, so memory that is never written costs nothing.</remarks>
public sealed unsafe class NativeBuffer : IDisposable
{
    private const nuint Alignment = 64;

    private static long s_allocatedBytes;

    [ThreadStatic]
    private static long s_allocatedByThread;

    private byte* _pointer;

    /// <param name="length">Bytes; 0 is allowed.</param>
    public NativeBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;

        // calloc hands out fresh zero pages without touching them; the slack pays for the alignment.
        _allocation = NativeMemory.AllocZeroed((nuint)length + Alignment);
        _pointer = (byte*)(((nuint)_allocation + Alignment - 1) & ~(Alignment - 1));
        Interlocked.Add(ref s_allocatedBytes, length);
        s_allocatedByThread += length;
    }

    ~NativeBuffer() => Free();

    /// <summary>Bytes held by all buffers of the process.</summary>
    public static long AllocatedBytes => Interlocked.Read(ref s_allocatedBytes);

    /// <summary>Bytes that the current thread has ever asked for, freed or not: what a limit on a piece of work is held to.</summary>
    internal static long AllocatedBytesForCurrentThread => s_allocatedByThread;

    public long Length { get; }

    public byte* Pointer => _pointer;

    private void* _allocation;

    /// <summary>The buffer as elements of <typeparamref name="T"/>; only for buffers whose element count fits an <see cref="int"/>.</summary>
    public Span<T> AsSpan<T>()
        where T : unmanaged => new(_pointer, checked((int)(Length / sizeof(T))));

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_allocation is not null)
        {
            NativeMemory.Free(_allocation);
            _allocation = null;
            _pointer = null;
            Interlocked.Add(ref s_allocatedBytes, -Length);
        }
    }
}
