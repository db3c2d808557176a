using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Hosting;

/// <summary>The models this server has, by name.</summary>
internal sealed class ModelPool(IEnumerable<PoolEntry> entries)
{
    /// <summary>All of them, loaded or not, in the order they were given.</summary>
    public IReadOnlyList<PoolEntry> Entries { get; } = [.. entries];

    /// <summary>M-1: what an inference call may name now.</summary>
    public IReadOnlyList<ServedModel> Models => [.. Entries.Select(entry => entry.Active).OfType<ServedModel>()];

    /// <summary>The model a request names; the only one where it names none.</summary>
    /// <param name="name">A name, <c>name@rev_…</c>, or null.</param>
    /// <exception cref="ApiException">404 <c>model_not_found</c>; 400 where no name was given and several models are served; 503 while loading
    /// or failed.</exception>
    public ServedModel Resolve(string? name)
    {
        PoolEntry entry = Find(name, out string? revision);
        ServedModel model = entry.Active ?? throw NotLoaded(entry);
        return revision is null || revision == model.Revision ? model : throw ApiException.ModelNotFound(name!);
    }

    private PoolEntry Find(string? name, out string? revision)
    {
        revision = null;
        if (name is null)
        {
            return Entries.Count == 1
                ? Entries[0]
                : throw ApiException.Invalid(
                    "missing_required_parameter",
                    $"'model' is required: this server has {string.Join(", ", Entries.Select(entry => $"'{entry.Name}'"))}.",
                    "model");
        }

        foreach (PoolEntry entry in Entries)
        {
            if (entry.IsNamed(name))
            {
                return entry;
            }
        }

        int at = name.LastIndexOf("@rev_", StringComparison.Ordinal);
        if (at > 0)
        {
            foreach (PoolEntry entry in Entries)
            {
                if (entry.IsNamed(name[..at]))
                {
                    revision = name[(at + 1)..];
                    return entry;
                }
            }
        }

        throw ApiException.ModelNotFound(name);
    }

    private static ApiException NotLoaded(PoolEntry entry) =>
        entry.Failure is { } failure
            ? new ApiException(503, "unavailable_error", "model_failed", $"The model '{entry.Name}' could not be loaded: {failure}", "model")
            {
                ShouldRetry = false,
            }
            : new ApiException(503, "unavailable_error", "model_loading", $"The model '{entry.Name}' is being loaded.", "model")
            {
                RetryAfter = TimeSpan.FromSeconds(2),
            };
}
