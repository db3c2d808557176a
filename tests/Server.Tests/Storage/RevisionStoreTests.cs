using Microsoft.Extensions.Configuration;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Options;
using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Records;
using Sparrow.Server.Storage.Revisions;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Storage;

public sealed class RevisionStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sparrow-revisions-").FullName;
    private readonly StorageRoot _root;
    private readonly SqliteRecordStore _records;

    public RevisionStoreTests()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Storage:Root", _folder)]).Build();
        _root = new StorageRoot(ServerSettings.Read(configuration));
        _records = new SqliteRecordStore(_root.Database);
    }

    public void Dispose()
    {
        _records.Dispose();
        _root.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_folder_becomes_a_revision_with_its_facts()
    {
        RevisionStore store = Open();
        string staging = Stage(store, seed: 1);
        RevisionRecord revision = store.Publish(new NewRevision("org/m", staging) { JobId = "cmpjob-1", Quality = new RevisionQuality(7, 6.5, "d") });
        Assert.False(Directory.Exists(staging));
        Assert.StartsWith("rev_", revision.Id, StringComparison.Ordinal);
        Assert.Equal("llama", revision.Family);
        Assert.Equal(2048, revision.ContextLength);
        Assert.Contains("config.json", revision.Files.Keys);
        Assert.Equal(revision.Id, Assert.Single(store.List("org/m")).Id);
        Assert.Empty(store.List("other"));
        using Checkpoint checkpoint = Checkpoint.Open(store.PathOf(revision));
        Assert.Equal(checkpoint.Digest, revision.Digest);
        store.Verify(revision, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Publishing_an_id_again_gives_what_is_there()
    {
        RevisionStore store = Open();
        string id = RevisionStore.NewId();
        RevisionRecord first = store.Publish(new NewRevision("m", Stage(store, 1)) { Id = id });
        Assert.Equal(first.Digest, store.Publish(new NewRevision("m", store.NewStagingFolder()) { Id = id }).Digest);
        Assert.Single(store.List());
    }

    [Fact]
    public void A_crash_between_the_folders_name_and_the_record_loses_nothing()
    {
        RevisionStore store = Open();
        RevisionRecord revision = store.Publish(new NewRevision("m", Stage(store, 1)));
        string left = Stage(store, 2);

        // As if the process had ended after the rename, and another while it staged.
        _records.Apply(new RecordChange("revision", revision.Id, "", null));
        RevisionStore again = Open();
        Assert.Equal(revision.Digest, again.Get(revision.Id).Digest);
        Assert.Equal("m", Assert.Single(again.List("m")).Model);
        Assert.False(Directory.Exists(left));
    }

    [Fact]
    public void A_record_without_a_folder_is_gone_at_the_next_start()
    {
        RevisionStore store = Open();
        RevisionRecord revision = store.Publish(new NewRevision("m", Stage(store, 1)));
        Directory.Delete(store.FolderOf(revision.Id), recursive: true);
        Assert.Null(Open().Find(revision.Id));
    }

    [Fact]
    public void Deleted_it_is_gone_and_unknown()
    {
        RevisionStore store = Open();
        RevisionRecord revision = store.Publish(new NewRevision("m", Stage(store, 1)));
        store.Delete(revision.Id);
        Assert.False(Directory.Exists(store.FolderOf(revision.Id)));
        Assert.Equal("not_found", Assert.Throws<ApiException>(() => store.Get(revision.Id)).Code);
    }

    [Fact]
    public void Damaged_missing_and_added_files_are_named()
    {
        RevisionStore store = Open();
        RevisionRecord revision = store.Publish(new NewRevision("m", Stage(store, 1)));
        string weights = Directory.EnumerateFiles(store.FolderOf(revision.Id), "*.safetensors").First();
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        Assert.Contains("damaged", Refusal(), StringComparison.Ordinal);
        File.Delete(weights);
        Assert.Contains("missing", Refusal(), StringComparison.Ordinal);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        File.WriteAllText(Path.Combine(store.FolderOf(revision.Id), "more.json"), "{}");
        Assert.Contains("more.json", Refusal(), StringComparison.Ordinal);

        string Refusal() =>
            Assert.Throws<CheckpointException>(() => store.Verify(revision, TestContext.Current.CancellationToken)).Message;
    }

    [Fact]
    public void A_folder_without_a_checkpoint_stays_where_it_is()
    {
        RevisionStore store = Open();
        string staging = store.NewStagingFolder();
        Directory.CreateDirectory(staging);
        File.WriteAllText(Path.Combine(staging, "notes.txt"), "nothing");
        Assert.Throws<CheckpointException>(() => store.Publish(new NewRevision("m", staging)));
        Assert.True(Directory.Exists(staging));
        Assert.Empty(store.List());
    }

    private RevisionStore Open() => new(_root, _records, new ManualTimeProvider());

    private static string Stage(RevisionStore store, ulong seed)
    {
        string folder = store.NewStagingFolder();
        RandomCheckpoint.Write(folder, new RandomCheckpointOptions { Seed = seed });
        return folder;
    }
}
