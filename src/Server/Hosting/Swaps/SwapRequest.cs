namespace Sparrow.Server.Hosting.Swaps;

/// <summary>What a swap is asked to do.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Revision"><c>rev_…</c>, or <c>previous</c> to roll back.</param>
internal sealed record SwapRequest(string Model, string Revision)
{
    public const string Previous = "previous";

    /// <summary>One of <see cref="SwapStrategy"/>.</summary>
    public string Strategy { get; init; } = SwapStrategy.Auto;

    /// <summary>How long running requests may take; null: as long as they need, and 300 s where the swap waits for them.</summary>
    public TimeSpan? Drain { get; init; }

    /// <summary>Whether files and logits are checked first.</summary>
    public bool Probe { get; init; } = true;
}
