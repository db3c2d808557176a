using System.Text.Json;

namespace Sparrow.Compression.Pipeline;

/// <summary>The folder of a compression under way: journal, residual streams after the last finished block, and the artifact as far as it has come.</summary>
internal sealed class CompressionJournal : IDisposable
{
    private const string JournalName = "journal.json";
    private const string ArtifactName = "artifact";
    private const string LockName = "lock";

    private readonly string _folder;
    private readonly FileStream _lock;

    private CompressionJournal(string folder, FileStream held, JournalRecord record)
    {
        _folder = folder;
        _lock = held;
        Record = record;
    }

    public JournalRecord Record { get; private set; }

    /// <summary>Where the artifact grows.</summary>
    public string ArtifactFolder => Path.Combine(_folder, ArtifactName);

    public string SpillFile => Path.Combine(_folder, "activations.spill");

    /// <summary>A folder for what a step keeps of its own.</summary>
    public string StepFolder(int step) => Path.Combine(_folder, $"step-{step}");

    /// <summary>An empty folder beside the artifact; what an earlier run left there is gone.</summary>
    public string NewFolder(string name)
    {
        string folder = Path.Combine(_folder, name);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        return Directory.CreateDirectory(folder).FullName;
    }

    /// <summary>The folder that goes with an output.</summary>
    public static string FolderOf(string output) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(output)) + ".partial";

    /// <summary>Begins a compression, or goes on with one.</summary>
    /// <param name="output">The artifact's folder in the end.</param>
    /// <param name="expected">What the compression is; of a journal found, everything must agree.</param>
    /// <param name="resume">Whether to go on; else what is there is begun anew.</param>
    /// <exception cref="CompressionException">Another process is at it, or the journal belongs to another compression.</exception>
    public static CompressionJournal Open(string output, JournalRecord expected, bool resume)
    {
        string folder = FolderOf(output);
        string path = Path.Combine(folder, JournalName);
        bool exists = Directory.Exists(folder);
        if (exists && !File.Exists(path) && !File.Exists(Path.Combine(folder, LockName)) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new CompressionException($"{folder} is in the way: it is no folder of a compression under way.");
        }

        Directory.CreateDirectory(folder);
        FileStream held;
        try
        {
            held = new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new CompressionException($"Another process is compressing into {output}.", error);
        }

        try
        {
            JournalRecord record = expected;
            if (resume && File.Exists(path))
            {
                record = Read(path);
                Compare(path, record, expected);
            }
            else
            {
                Clear(folder);
            }

            CompressionJournal journal = new(folder, held, record);
            Directory.CreateDirectory(journal.ArtifactFolder);
            journal.DropUnknown();
            journal.Save();
            return journal;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Puts a change on the disk.</summary>
    public void Update(JournalRecord record)
    {
        Record = record;
        Save();
    }

    /// <summary>Keeps the residual streams that follow a finished block.</summary>
    public void SaveActivations(int finishedBlocks, ActivationStore store) => DurableFile.Write(ActivationFile(finishedBlocks), store.Save);

    public void LoadActivations(int finishedBlocks, ActivationStore store)
    {
        using FileStream stream = File.OpenRead(ActivationFile(finishedBlocks));
        store.Load(stream);
    }

    /// <summary>Forgets residual streams that no longer are the last.</summary>
    public void DropActivations(int finishedBlocks) => File.Delete(ActivationFile(finishedBlocks));

    /// <summary>Makes a finished folder visible under its name, in one step, and clears up.</summary>
    public void Publish(string folder, string output)
    {
        try
        {
            Directory.Move(folder, Path.GetFullPath(output));
        }
        catch (IOException error)
        {
            throw new CompressionException($"The artifact cannot be given its name {output}: {error.Message} It is in {folder}.", error);
        }

        _lock.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    public void Dispose() => _lock.Dispose();

    private static JournalRecord Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), JournalJson.Default.JournalRecord) ?? throw new JsonException("it is null");
        }
        catch (JsonException error)
        {
            throw new CompressionException($"{path} is damaged ({error.Message}); run without --resume to begin anew.", error);
        }
    }

    private static void Compare(string path, JournalRecord found, JournalRecord expected)
    {
        (string What, string Found, string Expected)[] facts =
        [
            ("version", $"{found.Version}", $"{expected.Version}"),
            ("recipe", found.RecipeDigest, expected.RecipeDigest),
            ("source", found.SourceDigest, expected.SourceDigest),
            ("calibration", found.CalibrationDigest, expected.CalibrationDigest),
            ("kernels", found.Kernels, expected.Kernels),
        ];
        foreach ((string what, string before, string now) in facts)
        {
            if (before != now)
            {
                throw new CompressionException(
                    $"{path}: what was begun there had another {what}: expected {now}, found {before}. Run it as it was begun, or without --resume to begin anew.");
            }
        }
    }

    private static void Clear(string folder)
    {
        // The journal goes first: what is left of the rest without it is nothing.
        File.Delete(Path.Combine(folder, JournalName));
        foreach (string entry in Directory.GetFileSystemEntries(folder))
        {
            if (Directory.Exists(entry))
            {
                Directory.Delete(entry, recursive: true);
            }
            else if (Path.GetFileName(entry) != LockName)
            {
                File.Delete(entry);
            }
        }
    }

    // A killed process may have finished a file without saying so in the journal.
    private void DropUnknown()
    {
        HashSet<string> known = [.. Record.Shards.Select(shard => shard.File)];
        foreach (string file in Directory.GetFiles(ArtifactFolder).Where(file => !known.Contains(Path.GetFileName(file))))
        {
            File.Delete(file);
        }

        foreach (string file in Directory.GetFiles(_folder, "activations-*").Where(file => file != ActivationFile(Record.Shards.Count)))
        {
            File.Delete(file);
        }

        foreach (JournalShard shard in Record.Shards)
        {
            string path = Path.Combine(ArtifactFolder, shard.File);
            if (!File.Exists(path) || new FileInfo(path).Length != shard.Bytes || DurableFile.Digest(path) != shard.Sha256)
            {
                throw new CompressionException($"{path} is not what the journal says; run without --resume to begin anew.");
            }
        }
    }

    private void Save() => DurableFile.Write(
        Path.Combine(_folder, JournalName), stream => JsonSerializer.Serialize(stream, Record, JournalJson.Default.JournalRecord));

    private string ActivationFile(int finishedBlocks) => Path.Combine(_folder, $"activations-{finishedBlocks}.bin");
}
