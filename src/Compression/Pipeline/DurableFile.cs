using System.Security.Cryptography;

namespace Sparrow.Compression.Pipeline;

/// <summary>Files that are there whole or not at all, even if the process is killed while it writes.</summary>
internal static class DurableFile
{
    private const string Suffix = ".tmp";

    /// <summary>Writes a file under another name, has the system put it on the disk, and renames it.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary = path + Suffix;
        using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
        {
            write(stream);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Has the system put a finished file on the disk.</summary>
    public static void Flush(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>Hex SHA-256 of a file.</summary>
    public static string Digest(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
