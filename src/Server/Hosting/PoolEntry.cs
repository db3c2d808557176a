using Sparrow.Server.Admission;

namespace Sparrow.Server.Hosting;

/// <summary>A model name of this server, loaded or not. Its queue stands above the engines, so that what waits follows a change of revision.</summary>
internal sealed class PoolEntry(ModelSource source, RequestQueue queue)
{
    private volatile ServedModel? _active;
    private volatile string? _failure;
    private double _progress;

    public ModelSource Source { get; } = source;

    public string Name => Source.Name;

    public RequestQueue Queue { get; } = queue;

    /// <summary>The active revision; null until loaded.</summary>
    public ServedModel? Active => _active;

    /// <summary>Why loading failed, or null.</summary>
    public string? Failure => _failure;

    /// <summary>Share of the weights loaded, 0 to 1.</summary>
    public double Progress
    {
        get => Volatile.Read(ref _progress);
        set => Volatile.Write(ref _progress, value);
    }

    public ModelStatus Status => _active is not null ? ModelStatus.Loaded : _failure is not null ? ModelStatus.Failed : ModelStatus.Loading;

    public bool IsNamed(string name) => name == Source.Name || name == Source.Alias;

    /// <summary>Makes a revision the active one, in one step.</summary>
    public void Activate(ServedModel model)
    {
        Queue.ContextLength = model.Model.ContextLength;
        Queue.Arrived = model.Engine.Wake;
        Queue.CanRun = model.Engine.CanEverFit;
        _active = model;
    }

    public void Fail(string reason) => _failure = reason;
}
