using Microsoft.Data.Sqlite;
using Sparrow.Server.Storage.Records;
using Xunit;

namespace Sparrow.Server.Tests.Storage;

public sealed class SqliteRecordStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sparrow-records-").FullName;

    private string Database => Path.Combine(_folder, "sparrow.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Records_outlive_the_store_and_keep_their_order()
    {
        using (SqliteRecordStore store = new(Database))
        {
            store.Apply(new RecordChange("a", "2", "p", [2]), new RecordChange("a", "1", "p", [1]), new RecordChange("a", "3", "q", [3]));
            store.Apply(new RecordChange("a", "2", "p", [22]), new RecordChange("b", "1", "", [9]));
        }

        using SqliteRecordStore again = new(Database);
        Assert.Equal(["2", "1", "3"], again.List("a").Select(record => record.Id));
        Assert.Equal(["2", "1"], again.List("a", "p").Select(record => record.Id));
        Assert.Equal([22], again.Find("a", "2"));
        Assert.Null(again.Find("b", "2"));
        again.Apply(new RecordChange("a", "2", "", null));
        Assert.Null(again.Find("a", "2"));
    }

    [Fact]
    public void A_change_that_fails_takes_the_others_back()
    {
        using SqliteRecordStore store = new(Database);
        Assert.ThrowsAny<Exception>(() => store.Apply(new RecordChange("a", "1", "", [1]), new RecordChange("a", null!, "", [2])));
        Assert.Empty(store.List("a"));
        store.Apply(new RecordChange("a", "1", "", [1]));
        Assert.Single(store.List("a"));
    }

    [Fact]
    public void A_database_of_a_later_release_or_no_database_is_refused()
    {
        using (SqliteConnection connection = new($"Data Source={Database};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = new("PRAGMA user_version = 999", connection);
            command.ExecuteNonQuery();
        }

        Assert.Contains("later release", Assert.Throws<InvalidDataException>(() => new SqliteRecordStore(Database)).Message, StringComparison.Ordinal);
        string other = Path.Combine(_folder, "other.db");
        File.WriteAllBytes(other, [.. Enumerable.Repeat((byte)'x', 5000)]);
        Assert.Throws<InvalidDataException>(() => new SqliteRecordStore(other));
    }
}
