using System.Runtime.InteropServices;
using Xunit;

namespace Sparrow.Testing;

/// <summary>
/// Memory that ends at an unreadable page, so that a kernel which reads or writes too far ends the test run instead of going unnoticed. Where the
/// system has no <c>mmap</c> it is plain memory.
/// </summary>
public sealed unsafe partial class GuardedMemory : IDisposable
{
    private const int ProtNone = 0;
    private const int ProtReadWrite = 3;
    private const int MapPrivateAnonymous = 0x22;

    private readonly byte* _mapping;
    private readonly nuint _mappedBytes;

    /// <param name="bytes">Bytes, zeroed; the last one stands right before the guard.</param>
    public GuardedMemory(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Length = bytes;
        nuint page = (nuint)Environment.SystemPageSize;
        nuint body = ((nuint)bytes + page - 1) / page * page;
        if (!OperatingSystem.IsLinux())
        {
            _mapping = (byte*)NativeMemory.AllocZeroed(body + page);
            Pointer = _mapping;
            return;
        }

        _mappedBytes = body + page;
        nint mapping = Map(0, _mappedBytes, ProtReadWrite, MapPrivateAnonymous, -1, 0);
        Assert.NotEqual(-1, mapping);
        _mapping = (byte*)mapping;
        Assert.Equal(0, Protect(mapping + (nint)body, page, ProtNone));
        Pointer = _mapping + body - (nuint)bytes;
    }

    public byte* Pointer { get; }

    public long Length { get; }

    /// <summary>A copy of a block of memory.</summary>
    public static GuardedMemory Copy(void* source, long bytes)
    {
        GuardedMemory copy = new(bytes);
        Buffer.MemoryCopy(source, copy.Pointer, bytes, bytes);
        return copy;
    }

    public void Dispose()
    {
        if (_mappedBytes == 0)
        {
            NativeMemory.Free(_mapping);
        }
        else
        {
            _ = Unmap((nint)_mapping, _mappedBytes);
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);
}
