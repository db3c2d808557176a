namespace Sparrow.Server.Admission;

/// <summary>What the prompts of one request share: the revision that the first of them was begun on. Guarded by the queue's lock.</summary>
internal sealed class RequestLease
{
    private volatile RevisionLeases? _revision;

    /// <summary>The revision that answers; null until the first prompt has left the queue.</summary>
    public RevisionLeases? Revision
    {
        get => _revision;
        internal set => _revision = value;
    }

    /// <summary>Prompts that have not ended.</summary>
    internal int Tickets { get; set; }
}
