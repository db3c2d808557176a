using System.Runtime.InteropServices;
using System.Text;

namespace Sparrow.Server.Storage;

/// <summary>File operations that survive a loss of power once they have returned.</summary>
internal static class DurableFile
{
    private const int BufferBytes = 1 << 20;

    /// <summary>A new file that must not exist yet, to be written from start to end.</summary>
    public static FileStream Create(string path) =>
        new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous });

    /// <summary>A file to be read from start to end.</summary>
    public static FileStream OpenRead(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Open,
        Access = FileAccess.Read,
        Share = FileShare.Read | FileShare.Delete,
        BufferSize = 0,
        Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
    });

    /// <summary>A buffer of a size that suits disks.</summary>
    public static byte[] NewBuffer() => GC.AllocateUninitializedArray<byte>(BufferBytes);

    /// <summary>Gives a finished and flushed file its final name, in one step.</summary>
    public static void Publish(string temporary, string path)
    {
        File.Move(temporary, path, overwrite: false);
        FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Gives a file a second name, or makes a copy where the disk knows no second names.</summary>
    public static void Link(string existing, string path)
    {
        // .NET makes symbolic links only, which a revision may not hold.
        bool isLinked = !OperatingSystem.IsWindows()
            && link([.. Encoding.UTF8.GetBytes(existing), 0], [.. Encoding.UTF8.GetBytes(path), 0]) == 0;
        if (!isLinked)
        {
            File.Copy(existing, path, overwrite: false);
        }
    }

    /// <summary>Deletes a file; its folder may be gone already.</summary>
    public static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody cancelled the upload meanwhile, which removed all of it.
        }
    }

    /// <summary>Makes what was renamed or created in a folder durable. Windows does so by itself.</summary>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // .NET opens no folders; O_RDONLY is 0 everywhere.
        int descriptor = open([.. Encoding.UTF8.GetBytes(folder), 0], 0);
        if (descriptor < 0)
        {
            return;
        }

        try
        {
            // Some file systems cannot flush a folder; they order renames themselves.
            _ = fsync(descriptor);
        }
        finally
        {
            _ = close(descriptor);
        }
    }

#pragma warning disable IDE1006, SYSLIB1054 // Names of the C library; a generated import would need unsafe code.
    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int open(byte[] path, int flags);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int link(byte[] existing, byte[] path);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int fsync(int descriptor);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int close(int descriptor);
#pragma warning restore IDE1006, SYSLIB1054
}
