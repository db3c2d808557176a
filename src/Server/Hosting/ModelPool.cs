using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Hosting;

/// <summary>The models this server has, by name.</summary>
internal sealed class ModelPool
{
    private readonly Lock _lock = new();
    private volatile PoolEntry[] _entries = [];

    /// <summary>All of them, loaded or not, in the order they came.</summary>
    public IReadOnlyList<PoolEntry> Entries => _entries;

    /// <summary>Those that are loaded, by their active revisions.</summary>
    public IReadOnlyList<ServedModel> Models => [.. _entries.Select(entry => entry.Active).OfType<ServedModel>()];

    /// <summary>Adds a model.</summary>
    /// <returns>The one of that name that was there already, or null.</returns>
    public PoolEntry? Add(PoolEntry entry)
    {
        lock (_lock)
        {
            if (Array.Find(_entries, other => other.Name == entry.Name) is { } known)
            {
                return known;
            }

            _entries = [.. _entries, entry];
            return null;
        }
    }

    public void Remove(PoolEntry entry)
    {
        lock (_lock)
        {
            _entries = Array.FindAll(_entries, other => other != entry);
        }
    }

    /// <summary>The model of that name, loaded or not.</summary>
    /// <exception cref="ApiException">404 <c>model_not_found</c>.</exception>
    public PoolEntry Get(string name) => FindNamed(name) ?? throw ApiException.ModelNotFound(name);

    /// <summary>The loaded model that a request names; the only one where it names none.</summary>
    /// <param name="name">A name, <c>name@rev_…</c>, <c>name:adapter</c>, or null.</param>
    /// <exception cref="ApiException">404 <c>model_not_found</c>; 400 where no name was given and several models are served; 503 where it is not
    /// loaded.</exception>
    public ServedModel Resolve(string? name)
    {
        (PoolEntry entry, string? revision, _) = Find(name);
        ServedModel? model = revision is null ? entry.Active : entry.FindOpen(revision) ?? throw ApiException.ModelNotFound(name!);
        return model ?? throw NotLoaded(entry);
    }

    /// <summary>The model that a request names, and the revision and the adapter where it names them: <c>name</c>, <c>name:adapter</c>, either with
    /// <c>@rev_…</c> behind it; an adapter's own name where one model alone has it and no model is called so.</summary>
    /// <exception cref="ApiException">404 <c>model_not_found</c>; 400 where no name was given and there are several models.</exception>
    public ModelChoice Find(string? name)
    {
        if (name is null)
        {
            PoolEntry[] entries = _entries;
            return entries.Length == 1
                ? new ModelChoice(entries[0], null, null)
                : throw ApiException.Invalid(
                    "missing_required_parameter",
                    $"'model' is required: this server has {string.Join(", ", entries.Select(entry => $"'{entry.Name}'"))}.",
                    "model");
        }

        if (FindNamed(name) is { } found)
        {
            return new ModelChoice(found, null, null);
        }

        int at = name.LastIndexOf("@rev_", StringComparison.Ordinal);
        (string plain, string? revision) = at > 0 ? (name[..at], name[(at + 1)..]) : (name, null);
        (PoolEntry? entry, string? adapter) = FindNamed(plain) is { } named ? (named, null) : FindAdapter(plain);
        return entry is null ? throw ApiException.ModelNotFound(name) : new ModelChoice(entry, revision, adapter);
    }

    /// <summary>What a call is told whose model is not there.</summary>
    public static ApiException NotLoaded(PoolEntry entry) =>
        entry.Failure is { } failure && !entry.IsBusy
            ? failure.ToException(entry.Name, entry.UntilRetry())
            : new ApiException(503, "unavailable_error", "model_loading", $"The model '{entry.Name}' is being loaded.", "model")
            {
                RetryAfter = TimeSpan.FromSeconds(2),
            };

    private (PoolEntry? Entry, string? Adapter) FindAdapter(string name)
    {
        int colon = name.LastIndexOf(':');
        if (colon > 0)
        {
            string adapter = name[(colon + 1)..];
            return FindNamed(name[..colon]) is { } entry && HasAdapter(entry, adapter) ? (entry, adapter) : (null, null);
        }

        PoolEntry[] entries = Array.FindAll(_entries, entry => HasAdapter(entry, name));
        return entries.Length == 1 ? (entries[0], name) : (null, null);
    }

    private static bool HasAdapter(PoolEntry entry, string name) => entry.Adapters.Any(adapter => adapter.Name == name);

    private PoolEntry? FindNamed(string name) => Array.Find(_entries, entry => entry.IsNamed(name));
}
