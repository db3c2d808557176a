using Sparrow.Server.Options;

namespace Sparrow.Server.Storage;

/// <summary>The folder where the server keeps files of its own, held by one server at a time.</summary>
internal sealed class StorageRoot : IDisposable
{
    private readonly FileStream _lock;
    private readonly StorageSettings _settings;

    /// <exception cref="SettingsException">The folder cannot be made or written, or another server holds it.</exception>
    public StorageRoot(ServerSettings settings)
    {
        _settings = settings.Storage;
        string root = _settings.Root;
        Uploads = Path.Combine(root, "uploads");
        Files = Path.Combine(root, "files");
        Revisions = Path.Combine(root, "revisions");
        Jobs = Path.Combine(root, "jobs");
        Database = Path.Combine(root, "sparrow.db");
        try
        {
            Directory.CreateDirectory(Uploads);
            Directory.CreateDirectory(Files);
            Directory.CreateDirectory(Revisions);
            Directory.CreateDirectory(Jobs);
            _lock = new FileStream(Path.Combine(root, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException(
                [$"Storage:Root: '{root}' cannot be used ({exception.Message}). Another server may hold it: give each a folder of its own."]);
        }
    }

    /// <summary>Parts of uploads, a folder each.</summary>
    public string Uploads { get; }

    /// <summary>Finished files by id.</summary>
    public string Files { get; }

    /// <summary>Revisions of models, a folder each.</summary>
    public string Revisions { get; }

    /// <summary>What compression jobs work in, a folder each.</summary>
    public string Jobs { get; }

    /// <summary>The database of records.</summary>
    public string Database { get; }

    /// <summary>Bytes that may still be written before the reserve is touched.</summary>
    public long FreeBytes() => _settings.FreeBytesAt(Files);

    public void Dispose() => _lock.Dispose();
}
