using Microsoft.Data.Sqlite;

namespace Sparrow.Server.Storage.Records;

/// <summary>
/// Records in one SQLite file. The write-ahead log keeps readers and the writer apart; <c>synchronous=FULL</c> makes a commit survive a loss of
/// power. One connection behind a lock: changes are small and rare beside the bytes they speak of.
/// </summary>
internal sealed class SqliteRecordStore : IRecordStore
{
    // Numbered by their place, applied in order, never edited once released.
    private static readonly string[] s_migrations =
    [
        """
        CREATE TABLE records (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            parent TEXT NOT NULL,
            body BLOB NOT NULL,
            UNIQUE (kind, id));
        CREATE INDEX records_by_parent ON records (kind, parent, sequence);
        """,
    ];

    private readonly Lock _lock = new();
    private readonly SqliteConnection _connection;

    /// <exception cref="InvalidDataException">The file was written by a later release, or is no database.</exception>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public SqliteRecordStore(string path)
    {
        SqliteConnectionStringBuilder builder = new() { DataSource = path, Pooling = false };
        _connection = new SqliteConnection(builder.ConnectionString);
        try
        {
            _connection.Open();
            Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;");
            Migrate(path);
        }
        catch (SqliteException exception)
        {
            _connection.Dispose();
            throw exception.SqliteErrorCode is SQLitePCL.raw.SQLITE_NOTADB or SQLitePCL.raw.SQLITE_CORRUPT
                ? new InvalidDataException($"'{path}' is no database of this server: {exception.Message}", exception)
                : Translate(exception);
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public byte[]? Find(string kind, string id)
    {
        lock (_lock)
        {
            using SqliteCommand command = Command("SELECT body FROM records WHERE kind = $kind AND id = $id", kind);
            command.Parameters.AddWithValue("$id", id);
            return (byte[]?)command.ExecuteScalar();
        }
    }

    public IReadOnlyList<StoredRecord> List(string kind, string? parent = null)
    {
        lock (_lock)
        {
            string filter = parent is null ? "" : " AND parent = $parent";
            using SqliteCommand command = Command($"SELECT id, body FROM records WHERE kind = $kind{filter} ORDER BY sequence", kind);
            if (parent is not null)
            {
                command.Parameters.AddWithValue("$parent", parent);
            }

            List<StoredRecord> records = [];
            using SqliteDataReader reader = command.ExecuteReader();
            while (reader.Read())
            {
                records.Add(new StoredRecord(reader.GetString(0), reader.GetFieldValue<byte[]>(1)));
            }

            return records;
        }
    }

    public void Apply(params ReadOnlySpan<RecordChange> changes)
    {
        try
        {
            lock (_lock)
            {
                using SqliteTransaction transaction = _connection.BeginTransaction();
                foreach (RecordChange change in changes)
                {
                    Apply(change, transaction);
                }

                transaction.Commit();
            }
        }
        catch (SqliteException exception)
        {
            throw Translate(exception);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _connection.Dispose();
        }
    }

    private void Apply(in RecordChange change, SqliteTransaction transaction)
    {
        // An update keeps its sequence, so that lists stay in order of creation.
        const string Write = """
            INSERT INTO records (kind, id, parent, body) VALUES ($kind, $id, $parent, $body)
            ON CONFLICT (kind, id) DO UPDATE SET parent = excluded.parent, body = excluded.body
            """;
        const string Remove = "DELETE FROM records WHERE kind = $kind AND id = $id";
        using SqliteCommand command = Command(change.Body is null ? Remove : Write, change.Kind);
        command.Transaction = transaction;
        command.Parameters.AddWithValue("$id", change.Id);
        if (change.Body is not null)
        {
            command.Parameters.AddWithValue("$parent", change.Parent);
            command.Parameters.AddWithValue("$body", change.Body);
        }

        command.ExecuteNonQuery();
    }

    private void Migrate(string path)
    {
        using SqliteCommand ask = new("PRAGMA user_version", _connection);
        long version = (long)ask.ExecuteScalar()!;
        if (version > s_migrations.Length)
        {
            throw new InvalidDataException(
                $"'{path}' was written by a later release: its schema is number {version}, this release knows {s_migrations.Length}.");
        }

        for (long number = version; number < s_migrations.Length; number++)
        {
            // The number moves in the same transaction as the schema, so that a crash leaves both or neither.
            Execute($"BEGIN IMMEDIATE; {s_migrations[number]} PRAGMA user_version = {number + 1}; COMMIT;");
        }
    }

    private SqliteCommand Command(string text, string kind)
    {
#pragma warning disable CA2100 // The texts are this file's constants; what callers give goes in as parameters.
        SqliteCommand command = new(text, _connection);
#pragma warning restore CA2100
        command.Parameters.AddWithValue("$kind", kind);
        return command;
    }

    private void Execute(string text)
    {
#pragma warning disable CA2100 // As above.
        using SqliteCommand command = new(text, _connection);
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private static IOException Translate(SqliteException exception) => exception.SqliteErrorCode == SQLitePCL.raw.SQLITE_FULL
        ? new StorageFullException("The disk is full.", exception)
        : new IOException($"The server's database failed: {exception.Message}", exception);
}
