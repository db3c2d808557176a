using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Sparrow.Runtime.Loading;

/// <summary>
/// A file mapped for reading. Nothing is read until a range is touched; a range that has been used can be dropped again, so that loading
/// a model never holds the file and the weights at once.
/// </summary>
internal sealed unsafe partial class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _pointer;

    private MappedFile(string path, long length, MemoryMappedFile file, MemoryMappedViewAccessor view)
    {
        Path = path;
        Length = length;
        _file = file;
        _view = view;
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        _pointer = pointer + view.PointerOffset;
    }

    public string Path { get; }

    /// <summary>Bytes in the file.</summary>
    public long Length { get; }

    /// <summary>Maps a file that is not empty.</summary>
    /// <exception cref="CheckpointException">The file is missing, unreadable or empty.</exception>
    public static MappedFile Open(string path)
    {
        FileStream? stream = null;
        MemoryMappedFile? file = null;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            long length = stream.Length;
            if (length == 0)
            {
                throw new CheckpointException(path, "the file is empty", expected: "a checkpoint", found: "0 bytes");
            }

            file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            stream = null;
            MemoryMappedViewAccessor view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            MappedFile mapped = new(path, length, file, view);
            file = null;
            return mapped;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CheckpointException(path, "the file cannot be read", found: error.Message, inner: error);
        }
        finally
        {
            stream?.Dispose();
            file?.Dispose();
        }
    }

    /// <summary>A range of the file; the caller has checked it against <see cref="Length"/>.</summary>
    public ReadOnlySpan<byte> Slice(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - length);
        return new ReadOnlySpan<byte>(_pointer + offset, length);
    }

    /// <summary>Tells the system that a range is no longer wanted in memory; it can still be read again.</summary>
    public void Drop(long offset, long length)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // Whole pages inside the range only: a neighbour may still be in use at the edges.
        nint page = Environment.SystemPageSize;
        nint start = ((nint)(_pointer + offset) + page - 1) & ~(page - 1);
        nint end = (nint)(_pointer + offset + length) & ~(page - 1);
        if (end > start)
        {
            const int DontNeed = 4;
            _ = MAdvise(start, (nuint)(end - start), DontNeed);
        }
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MAdvise(nint address, nuint length, int advice);
}
