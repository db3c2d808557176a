using Sparrow.Server.Options;

namespace Sparrow.Server.Hosting;

/// <summary>P-9: the pool as it was, and what the command line adds to it.</summary>
internal sealed partial class PoolService
{
    /// <summary>
    /// Takes in the models of the command line and those that the records name. A model of the command line keeps the revision that it was swapped
    /// to as long as its path is the same; with another path, the path wins. Nothing is loaded yet.
    /// </summary>
    /// <param name="sources">Of the command line.</param>
    /// <param name="fallback">Served where there is nothing at all; null: the server starts empty.</param>
    public void Restore(IReadOnlyList<ModelSource> sources, ModelSource? fallback)
    {
        foreach (ModelSource source in sources)
        {
            AddRequired(source);
        }

        foreach (PoolRecord record in store.List().Where(record => !sources.Any(source => source.Name == record.Name)))
        {
            // A checkpoint outside the storage is served when the command line names it; the record waits for that.
            if (record.Active is { } active && revisions.Find(active) is not null)
            {
                Add(NewEntry(record));
            }
        }

        if (pool.Entries.Count == 0 && fallback is not null)
        {
            AddRequired(fallback);
        }
    }

    /// <summary>P-11: puts adapters beside models, before anything is loaded.</summary>
    /// <exception cref="SettingsException">One names no model of this server, or two have one name.</exception>
    public void AddAdapters(IReadOnlyList<AdapterSource> adapters)
    {
        string known = string.Join(", ", pool.Entries.Select(entry => $"'{entry.Name}'"));
        foreach (AdapterSource adapter in adapters)
        {
            string id = ModelChoice.NameOf(adapter.Model ?? "", adapter.Name);
            PoolEntry entry = adapter.Model is { } model
                ? pool.Entries.FirstOrDefault(entry => entry.IsNamed(model)) ?? throw new SettingsException([$"--adapter {id}: there is no model '{model}'; this server has {known}."])
                : pool.Entries.Count == 1 ? pool.Entries[0]
                : throw new SettingsException([$"--adapter {adapter.Name}: name its model, as in MODEL:{adapter.Name}=FOLDER; this server has {known}."]);
            if (entry.Adapters.Any(other => other.Name == adapter.Name))
            {
                throw new SettingsException([$"--adapter {id}: two adapters of '{entry.Name}' have this name."]);
            }

            entry.Adapters = [.. entry.Adapters, adapter];
        }
    }

    /// <summary>Loads at the start what is required and what was loaded before, one after the other.</summary>
    /// <param name="isStopping">Asked between two models.</param>
    /// <exception cref="Api.Errors.ApiException">A required model cannot be loaded; the entry says why.</exception>
    public async Task LoadRestoredAsync(Func<bool> isStopping)
    {
        foreach (PoolEntry entry in pool.Entries.Where(entry => entry.IsRequired || entry.Record.IsLoaded).OrderBy(entry => !entry.IsRequired))
        {
            if (isStopping())
            {
                return;
            }

            await LoadRestoredAsync(entry);
        }
    }

    private async Task LoadRestoredAsync(PoolEntry entry)
    {
        await entry.Gate.WaitAsync(_stopping.Token);
        try
        {
            await LoadActiveAsync(entry, _stopping.Token);
        }
        catch (Api.Errors.ApiException exception) when (FallbackOf(entry) is { } fallback)
        {
            Log.FellBack(logger, entry.Name, entry.Record.Active, exception.Message, fallback.Active);
            PoolRecord record = entry.Record;
            entry.Record = fallback;
            try
            {
                await LoadActiveAsync(entry, _stopping.Token);
            }
            catch (Api.Errors.ApiException) when (!entry.IsRequired)
            {
                entry.Record = record;
            }
        }
        catch (Api.Errors.ApiException) when (!entry.IsRequired)
        {
            // The others are served all the same (P-10).
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    // A revision that cannot be loaded any more gives way to the one before it, else to what the command line names.
    private PoolRecord? FallbackOf(PoolEntry entry)
    {
        PoolRecord record = entry.Record;
        if (record.Previous is { } previous && previous != record.Active && (previous == record.PathRevision || revisions.Find(previous) is not null))
        {
            return record with { Active = previous, Previous = null };
        }

        return record.Path is not null && record.Active is not null && record.Active != record.PathRevision
            ? record with { Active = record.PathRevision, Previous = null }
            : null;
    }

    private void AddRequired(ModelSource source)
    {
        PoolRecord record = store.Find(source.Name) is { } known && known.Path == source.Path && IsThere(known)
            ? known with { Alias = source.Alias }
            : new PoolRecord { Name = source.Name, Alias = source.Alias, Path = source.Path, CreatedAt = Now() };
        Add(NewEntry(record, isRequired: true, source.IsSample));
    }

    private bool IsThere(PoolRecord record) => record.Active is null || record.Active == record.PathRevision || revisions.Find(record.Active) is not null;

    private void Add(PoolEntry entry)
    {
        if (pool.Add(entry) is null)
        {
            metrics.Track(entry);

            // Until its turn comes callers wait for it instead of beginning a load of their own.
            if (entry.IsRequired || entry.Record.IsLoaded)
            {
                entry.Enter(ModelStatus.Loading);
            }
        }
    }
}
