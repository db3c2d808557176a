using System.Security.Cryptography;
using Sparrow.Runtime.Loading;

namespace Sparrow.Server.Storage.Revisions;

/// <summary>The files of a revision on the disk.</summary>
internal static class RevisionFiles
{
    /// <summary>Puts every file on the disk and takes its digest.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="except">A file at the top that does not count.</param>
    /// <exception cref="CheckpointException">A link is among the files.</exception>
    public static (IReadOnlyDictionary<string, string> Files, long Bytes) Flush(string folder, string except)
    {
        SortedDictionary<string, string> files = new(StringComparer.Ordinal);
        long bytes = 0;
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            string name = NameOf(folder, path);
            if (name == except)
            {
                continue;
            }

            // A link could lead out of the folder, and what it leads to could change.
            if (new FileInfo(path).LinkTarget is not null)
            {
                throw new CheckpointException(path, "a revision holds no links");
            }

            using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, 1 << 20);
            files.Add(name, Convert.ToHexStringLower(SHA256.HashData(file)));
            file.Flush(flushToDisk: true);
            bytes += file.Length;
        }

        foreach (string inner in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories))
        {
            DurableFile.FlushFolder(inner);
        }

        return (files, bytes);
    }

    /// <summary>Writes a small file and puts it on the disk.</summary>
    public static void Write(string path, byte[] content)
    {
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }

    /// <exception cref="CheckpointException">A file is damaged, missing, or was not there before.</exception>
    public static void Verify(string folder, IReadOnlyDictionary<string, string> files, string except, CancellationToken cancellation)
    {
        HashSet<string> there = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => NameOf(folder, path))];
        there.Remove(except);
        foreach ((string name, string digest) in files)
        {
            cancellation.ThrowIfCancellationRequested();
            string path = Path.Combine(folder, name);
            if (!there.Remove(name))
            {
                throw new CheckpointException(path, "a file of the revision is missing");
            }

            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
            string found = Convert.ToHexStringLower(SHA256.HashData(file));
            if (found != digest)
            {
                throw new CheckpointException(path, "a file of the revision is damaged", field: "sha256", expected: digest, found: found);
            }
        }

        if (there.Count > 0)
        {
            throw new CheckpointException(Path.Combine(folder, there.First()), "this file was not part of the revision");
        }
    }

    private static string NameOf(string folder, string path) => Path.GetRelativePath(folder, path).Replace('\\', '/');
}
