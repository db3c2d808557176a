using System.Security.Cryptography;
using Sparrow.Server.Observability;
using Sparrow.Server.Options;

namespace Sparrow.Server.Admission;

/// <summary>
/// The keys in force (S-1). The file is looked at again once a second while calls come in: mounted secrets are replaced by renaming, which
/// file watchers miss. A file that became wrong changes nothing and is complained about once.
/// </summary>
internal sealed partial class KeyStore
{
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromSeconds(1);

    private readonly string? _path;
    private readonly IReadOnlyList<ApiKey> _given;
    private readonly TimeProvider _time;
    private readonly ILogger<KeyStore> _logger;
    private readonly Lock _lock = new();
    private volatile IReadOnlyList<ApiKey> _keys = [];
    private long _lookTimestamp;
    private (DateTime Written, long Length) _stamp;
    private string? _complaint;

    /// <exception cref="SettingsException">The file is missing or wrong: a server never starts open because of a slip in a file.</exception>
    public KeyStore(ServerSettings settings, TimeProvider time, ILogger<KeyStore> logger)
    {
        _path = settings.Auth.KeysFile;
        _given = settings.Auth.Keys;
        _keys = _given;
        _time = time;
        _logger = logger;
        if (_path is null)
        {
            return;
        }

        try
        {
            _stamp = StampOf(_path);
            _keys = ReadAll(_path);
            _lookTimestamp = time.GetTimestamp();
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new SettingsException([$"Auth:KeysFile: {exception.Message}"]);
        }
    }

    /// <summary>Whether calls need a key.</summary>
    public bool IsConfigured => _path is not null || _given.Count > 0;

    /// <summary>The key that was presented, or null where there is no such key. The time it takes does not depend on which one matches.</summary>
    public ApiKey? Find(string presented)
    {
        LookAtFile();
        byte[] hash = ApiKeyFile.HashOf(presented);
        ApiKey? found = null;
        foreach (ApiKey key in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, key.Hash))
            {
                found = key;
            }
        }

        return found;
    }

    private void LookAtFile()
    {
        if (_path is null || _time.GetElapsedTime(Volatile.Read(ref _lookTimestamp)) < s_lookInterval)
        {
            return;
        }

        lock (_lock)
        {
            if (_time.GetElapsedTime(_lookTimestamp) < s_lookInterval)
            {
                return;
            }

            Volatile.Write(ref _lookTimestamp, _time.GetTimestamp());
            try
            {
                (DateTime, long) stamp = StampOf(_path);
                if (stamp != _stamp)
                {
                    _stamp = stamp;
                    _keys = ReadAll(_path);
                    Log.Read(_logger, _keys.Count);
                }

                _complaint = null;
            }
            catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                // A file that stays away is looked for every second; once said is enough.
                if (_complaint != exception.Message)
                {
                    _complaint = exception.Message;
                    Log.Rejected(_logger, exception.Message);
                }
            }
        }
    }

    private ApiKey[] ReadAll(string path)
    {
        IReadOnlyList<ApiKey> read = ApiKeyFile.Read(path);
        return read.FirstOrDefault(key => _given.Any(other => other.Caller.KeyName == key.Caller.KeyName)) is { } doubled
            ? throw new InvalidDataException($"{path}: the key '{doubled.Caller.KeyName}' is also in Auth:Keys.")
            : [.. _given, .. read];
    }

    private static (DateTime Written, long Length) StampOf(string path)
    {
        FileInfo file = new(path);
        FileSystemInfo target = file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
        return (target.LastWriteTimeUtc, ((FileInfo)target).Length);
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.KeysRead, LogLevel.Information, "The file of keys has changed: {Count} keys are in force")]
        public static partial void Read(ILogger logger, int count);

        [LoggerMessage(EventIds.KeysRejected, LogLevel.Error, "The file of keys has changed and cannot be used, the old keys stay in force: {Reason}")]
        public static partial void Rejected(ILogger logger, string reason);
    }
}
