using Sparrow.Runtime.Loading;
using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Storage.Formats;

/// <summary>
/// S-8: what callers send is hostile. Decides from a file's bytes, not from what its sender says, whether it may be stored for its purpose.
/// Reads headers only, and never more of the file into memory than a buffer.
/// </summary>
internal static class FileInspector
{
    private const string Taken = "safetensors, GGUF, JSON, text files and one plain tar of them";

    private static readonly string[] s_textExtensions = [".txt", ".md", ".jinja", ".jinja2", ".template", ".merges", ""];

    /// <param name="path">The file.</param>
    /// <param name="name">What its sender calls it.</param>
    /// <param name="purpose">What it is for.</param>
    /// <exception cref="ApiException">400 <c>unsupported_file_format</c> with the reason.</exception>
    public static InspectedFile Inspect(string path, string name, string purpose)
    {
        try
        {
            return purpose switch
            {
                FilePurpose.Model or FilePurpose.Adapter => OfCheckpoint(path, name),
                FilePurpose.Calibration => OfCalibration(path, name),
                FilePurpose.Recipe => OfJson(path),
                _ => new InspectedFile("binary", null),
            };
        }
        catch (CheckpointException exception)
        {
            // The sender knows the name that it gave, not where the file lies.
            throw Refuse(exception.Message.Replace(path, name, StringComparison.Ordinal), exception);
        }
        catch (InvalidDataException exception)
        {
            throw Refuse($"'{name}': {exception.Message}", exception);
        }
    }

    /// <summary>Whether a member of an archive, or a file, may be part of a checkpoint, by its name and its first bytes.</summary>
    /// <exception cref="InvalidDataException">It may not.</exception>
    public static void RequireCheckpointPart(string name, ReadOnlySpan<byte> start)
    {
        RequireNoPickle(name, start);
        string extension = Path.GetExtension(name).ToLowerInvariant();
        bool isKnown = extension is ".safetensors" or ".gguf" or ".json" || s_textExtensions.Contains(extension)
            || Path.GetFileName(name).StartsWith('.');
        if (!isKnown)
        {
            throw new InvalidDataException($"'{name}' is of no format that is read here: {Taken}.");
        }
    }

    private static InspectedFile OfCheckpoint(string path, string name)
    {
        byte[] start = ReadStart(path);
        if (start.AsSpan().StartsWith("GGUF"u8))
        {
            return Of(CheckpointFileSummary.OfGguf(path));
        }

        if (TarArchive.IsTar(start))
        {
            using FileStream tar = DurableFile.OpenRead(path);
            return new InspectedFile("tar", new FileSummary(null, null, null, null, TarArchive.Check(tar)));
        }

        RequireNoPickle(name, start);
        return Path.GetExtension(name).ToLowerInvariant() switch
        {
            ".safetensors" => Of(CheckpointFileSummary.OfSafetensors(path)),
            ".gguf" => Of(CheckpointFileSummary.OfGguf(path)),
            ".json" => OfJson(path),
            ".tar" => throw new InvalidDataException("the file is no plain tar archive."),
            string extension when s_textExtensions.Contains(extension) => OfText(path),
            _ => throw new InvalidDataException($"the file is of no format that is read here: {Taken}."),
        };
    }

    private static InspectedFile OfCalibration(string path, string name)
    {
        using FileStream file = DurableFile.OpenRead(path);
        TextCheck.RequireText(file);
        bool isLines = Path.GetExtension(name).Equals(".jsonl", StringComparison.OrdinalIgnoreCase);
        if (isLines)
        {
            file.Position = 0;
            JsonLines.RequireSamples(file);
        }

        return new InspectedFile(isLines ? "jsonl" : "text", null);
    }

    private static InspectedFile OfJson(string path)
    {
        using FileStream file = DurableFile.OpenRead(path);
        TextCheck.RequireJson(file);
        return new InspectedFile("json", null);
    }

    private static InspectedFile OfText(string path)
    {
        using FileStream file = DurableFile.OpenRead(path);
        TextCheck.RequireText(file);
        return new InspectedFile("text", null);
    }

    private static InspectedFile Of(CheckpointFileSummary summary) =>
        new(summary.Format, new FileSummary(summary.TensorCount, summary.ValueCount, summary.Types, summary.Architecture, null));

    // Pickles run code when they are read. Old ones start with their protocol, newer checkpoints are zip archives of one.
    private static void RequireNoPickle(string name, ReadOnlySpan<byte> start)
    {
        bool isPickle = start.StartsWith("PK\u0003\u0004"u8) || (start.Length > 1 && start[0] == 0x80 && start[1] is >= 1 and <= 5)
            || Path.GetExtension(name).ToLowerInvariant() is ".bin" or ".pt" or ".pth" or ".pkl" or ".pickle" or ".ckpt" or ".joblib" or ".npy" or ".npz";
        if (isPickle)
        {
            throw new InvalidDataException($"'{name}' looks like a pickle or an archive, which are not read; convert it to safetensors.");
        }
    }

    private static byte[] ReadStart(string path)
    {
        using FileStream file = DurableFile.OpenRead(path);
        byte[] start = new byte[TarArchive.BlockBytes];
        int count = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return start[..count];
    }

    private static ApiException Refuse(string message, Exception inner) =>
        new(400, "invalid_request_error", "unsupported_file_format", message, "file", inner: inner);
}
