using System.Security.Cryptography;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Storage.Formats;

namespace Sparrow.Server.Storage.Files;

/// <summary>Puts stored files together as a checkpoint's folder: each under its path, or one archive unpacked. Files get a second name, not a copy.</summary>
internal static class CheckpointParts
{
    private const string GgufExtension = ".gguf";

    /// <summary>Whether a path stays inside its folder, on every system.</summary>
    public static bool IsHarmless(string path) =>
        path.Length is > 0 and <= 1024 && !path.StartsWith('/') && !path.Contains('\\', StringComparison.Ordinal) && !path.Contains(':', StringComparison.Ordinal)
        && !path.Any(char.IsControl) && !path.Split('/').Any(part => part is "" or "." or "..");

    /// <summary>Makes the folder; what stood there goes.</summary>
    /// <param name="files">Where the bytes lie.</param>
    /// <param name="parts">Files and their paths in the folder, harmless ones.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="checkDigests">Whether the bytes are read and held to their digests.</param>
    /// <param name="cancellation">Ends it between buffers.</param>
    /// <exception cref="ApiException">404 for a file that is gone, 400 <c>checksum_mismatch</c> or <c>unsupported_file_format</c>.</exception>
    public static void Put(
        FileStore files, IReadOnlyList<(string FileId, string Path)> parts, string folder, bool checkDigests, CancellationToken cancellation)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        foreach ((string id, string name) in parts)
        {
            FileRecord file = files.Get(id);
            string stored = files.PathOf(file);
            if (!File.Exists(stored))
            {
                throw new ApiException(404, "invalid_request_error", "not_found", $"The bytes of the file '{id}' ('{file.Filename}') are gone.", "source.files");
            }

            if (checkDigests)
            {
                RequireDigest(file, stored, cancellation);
            }

            InspectedFile inspected = FileInspector.Inspect(stored, Path.GetFileName(name), FilePurpose.Model);
            if (inspected.Format == "tar")
            {
                Unpack(file, stored, folder, cancellation);
                continue;
            }

            string path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            DurableFile.Link(stored, path);
        }
    }

    /// <summary>What <c>Checkpoint.Open</c> takes: the folder, its only sub-folder, or its only GGUF file.</summary>
    /// <exception cref="CheckpointException">There is no checkpoint.</exception>
    public static string Find(string folder)
    {
        if (File.Exists(Path.Combine(folder, "config.json")))
        {
            return folder;
        }

        string[] gguf = [.. Directory.EnumerateFiles(folder).Where(file => file.EndsWith(GgufExtension, StringComparison.OrdinalIgnoreCase))];
        if (gguf.Length == 1)
        {
            return gguf[0];
        }

        // Archives often hold one folder with everything in it.
        return gguf.Length == 0 && Directory.GetDirectories(folder) is [string only]
            ? Find(only)
            : throw new CheckpointException(
                folder, "the files make no checkpoint", expected: "config.json with its weights, or one GGUF file", found: $"{gguf.Length} GGUF files and no config.json");
    }

    private static void RequireDigest(FileRecord file, string path, CancellationToken cancellation)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 20, FileOptions.SequentialScan);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = DurableFile.NewBuffer();
        int count;
        while ((count = stream.Read(buffer)) > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, count);
        }

        string found = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (found != file.Sha256)
        {
            throw new ApiException(
                400, "invalid_request_error", "checksum_mismatch",
                $"The file '{file.Id}' ('{file.Filename}') is damaged: its digest was {file.Sha256} and is {found} now.", "source.files");
        }
    }

    private static void Unpack(FileRecord file, string stored, string folder, CancellationToken cancellation)
    {
        try
        {
            using FileStream tar = new(stored, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 20, FileOptions.SequentialScan);
            TarArchive.Extract(tar, folder, cancellation);
        }
        catch (InvalidDataException exception)
        {
            throw new ApiException(
                400, "invalid_request_error", "unsupported_file_format", $"'{file.Filename}': {exception.Message}", "source.files", inner: exception);
        }
    }
}
