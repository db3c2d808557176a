using System.Text.Json.Nodes;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Observability;
using Sparrow.Server.Storage.Files;
using Sparrow.Server.Storage.Revisions;

namespace Sparrow.Server.Hosting;

/// <summary>Makes stored files a model, or a further revision of one that is there, without compressing; and takes models away again.</summary>
internal sealed partial class ModelImports(
    PoolService models, PoolStore store, RevisionStore revisions, FileStore files, PoolEvents events, TimeProvider time, ILogger<ModelImports> logger)
{
    /// <summary>Begins an import. A name that is new is there at once, as one that is being imported (M-2).</summary>
    /// <param name="name">The model.</param>
    /// <param name="parts">Files and their paths, harmless ones.</param>
    /// <returns>The model, and the revision that the files will be.</returns>
    public (PoolEntry Entry, string Revision) Begin(string name, IReadOnlyList<(string FileId, string Path)> parts)
    {
        foreach ((string file, _) in parts)
        {
            files.Get(file);
        }

        string id = RevisionStore.NewId();
        PoolEntry fresh = models.NewEntry(new PoolRecord { Name = name, CreatedAt = time.GetUtcNow().ToUnixTimeSeconds() });
        if (models.Pool.Add(fresh) is { } known)
        {
            fresh.Dispose();
            models.Run(() => ImportAsync(known, id, parts, isNew: false));
            return (known, id);
        }

        // Callers wait for a model that is being imported as for one that is being loaded.
        fresh.Enter(ModelStatus.Importing);
        models.Track(fresh);
        models.Run(() => ImportAsync(fresh, id, parts, isNew: true));
        return (fresh, id);
    }

    /// <summary>Removes a model with all its revisions.</summary>
    /// <exception cref="ApiException">404; 409 <c>model_in_use</c> while it is loaded or named by the command line.</exception>
    public void Delete(string name)
    {
        PoolEntry entry = models.Pool.Get(name);
        if (!entry.Gate.Wait(0))
        {
            throw InUse($"The model '{name}' is being changed.");
        }

        try
        {
            if (entry.IsRequired)
            {
                throw InUse($"The model '{name}' was named when the server was started.");
            }

            if (entry.InMemory.Count > 0 || !entry.Queue.TryDeactivateIdle())
            {
                throw InUse($"The model '{name}' is loaded; unload it first.");
            }

            // The name goes first: a crash in between leaves revisions that can be listed and deleted, and no model without weights.
            models.Pool.Remove(entry);
            store.Delete(entry.Name);
            foreach (RevisionRecord revision in revisions.List(entry.Name))
            {
                revisions.Delete(revision.Id);
            }
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    /// <summary>Deletes one revision.</summary>
    /// <exception cref="ApiException">404; 409 <c>model_in_use</c> for the active one and for one that still has requests.</exception>
    public async Task DeleteRevisionAsync(string id)
    {
        RevisionRecord revision = revisions.Get(id);
        if (models.Pool.Entries.FirstOrDefault(entry => entry.Name == revision.Model) is { } entry)
        {
            if (!entry.Gate.Wait(0))
            {
                throw InUse($"The model '{entry.Name}' is being changed.");
            }

            try
            {
                if (entry.Record.Active == id || entry.Active?.Revision == id)
                {
                    throw InUse($"'{id}' is the active revision of '{entry.Name}'.");
                }

                if (entry.FindInMemory(id) is { } kept && !await models.TryDropAsync(entry, kept))
                {
                    throw InUse($"'{id}' still has requests.");
                }

                if (entry.Record.Previous == id)
                {
                    models.Remember(entry, entry.Record with { Previous = null });
                }

                revisions.Delete(id);
            }
            finally
            {
                entry.Gate.Release();
            }

            return;
        }

        revisions.Delete(id);
    }

    private async Task ImportAsync(PoolEntry entry, string id, IReadOnlyList<(string FileId, string Path)> parts, bool isNew)
    {
        await entry.Gate.WaitAsync(models.Stopping);
        try
        {
            RevisionRecord revision = Publish(entry, id, parts);
            if (isNew)
            {
                PoolRecord record = entry.Record with { Active = revision.Id };
                store.Save(record);
                entry.Record = record;
                entry.Enter(ModelStatus.Unloaded);
                models.Tell(entry);
            }

            Tell(entry, id, 1, null);
        }
        catch (Exception exception) when (ModelFactory.IsLoadFailure(exception) || exception is ApiException or OperationCanceledException)
        {
            Log.Failed(logger, entry.Name, exception.Message);
            Tell(entry, id, entry.Progress, exception.Message);
            if (isNew)
            {
                models.Pool.Remove(entry);
                entry.Fail(LoadFailure.ModelFailed, exception.Message);
                entry.Enter(ModelStatus.Unloaded);
            }
        }
        finally
        {
            entry.Gate.Release();
            entry.Signal();
        }
    }

    private RevisionRecord Publish(PoolEntry entry, string id, IReadOnlyList<(string FileId, string Path)> parts)
    {
        string staging = revisions.NewStagingFolder();
        try
        {
            Tell(entry, id, 0, null);
            CheckpointParts.Put(files, parts, staging, checkDigests: true, models.Stopping);
            entry.Progress = 0.5;
            Tell(entry, id, 0.5, null);
            string checkpoint = CheckpointParts.Find(staging);
            string folder = Directory.Exists(checkpoint) ? checkpoint : Path.GetDirectoryName(checkpoint)!;
            return revisions.Publish(new NewRevision(entry.Name, folder) { Id = id });
        }
        finally
        {
            if (Directory.Exists(staging))
            {
                Directory.Delete(staging, recursive: true);
            }
        }
    }

    private void Tell(PoolEntry entry, string revision, double progress, string? error)
    {
        JsonObject data = new() { ["model"] = entry.Name, ["revision"] = revision, ["progress"] = progress, ["error"] = error };
        events.Add("import.progress", error ?? $"The import of '{entry.Name}' is at {progress:P0}.", data, error is null ? "info" : "error");
    }

    private static ApiException InUse(string message) => new(409, "conflict_error", "model_in_use", message, "model") { ShouldRetry = false };

    private static partial class Log
    {
        [LoggerMessage(EventIds.ImportFailed, LogLevel.Error, "The import of '{Model}' failed: {Reason}")]
        public static partial void Failed(ILogger logger, string model, string reason);
    }
}
