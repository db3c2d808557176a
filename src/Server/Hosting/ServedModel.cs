using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Admission;

namespace Sparrow.Server.Hosting;

/// <summary>A model name that can be called now: its active revision, engine and queue.</summary>
internal sealed class ServedModel : IAsyncDisposable
{
    /// <summary>What callers use.</summary>
    public required string Name { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long Created { get; init; }

    public required LoadedModel Model { get; init; }

    public required InferenceEngine Engine { get; init; }

    public required RequestQueue Queue { get; init; }

    /// <summary><c>rev_…</c>, from the weights' digest.</summary>
    public required string Revision { get; init; }

    /// <summary>D-3: digest of revision, cache profile, engine version and determinism mode.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Whether outputs are independent of the rest of the batch.</summary>
    public required bool BatchInvariant { get; init; }

    public required CachePlan CachePlan { get; init; }

    public required RevisionLeases Leases { get; init; }

    /// <summary>Stops the engine and frees the model's memory.</summary>
    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        Model.Dispose();
    }
}
