namespace Sparrow.Server.Hosting;

/// <summary>Where the server stands between start and stop. Probes read it without a lock (H-1).</summary>
internal sealed class ServerState
{
    private volatile bool _isStarted;
    private volatile bool _isDraining;
    private volatile bool _refusesCalls;

    /// <summary>The models are loaded and warm.</summary>
    public bool IsStarted
    {
        get => _isStarted;
        set => _isStarted = value;
    }

    /// <summary>Not ready any more: balancers should look elsewhere.</summary>
    public bool IsDraining
    {
        get => _isDraining;
        set => _isDraining = value;
    }

    /// <summary>New inference calls are refused.</summary>
    public bool RefusesCalls
    {
        get => _refusesCalls;
        set => _refusesCalls = value;
    }
}
