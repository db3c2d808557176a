using Sparrow.Server.Admission;

namespace Sparrow.Server.Hosting;

/// <summary>A model name of this server, loaded or not. Its queue stands above the engines, so that what waits follows a change of revision.</summary>
internal sealed class PoolEntry : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private volatile TaskCompletionSource _changed = NewSignal();
    private volatile ServedModel[] _inMemory = [];
    private volatile PoolRecord _record;
    private volatile LoadFailure? _failure;
    private volatile ModelStatus _phase = ModelStatus.Unloaded;
    private long _lastUsed;
    private int _isLoadBegun;
    private double _progress;

    public PoolEntry(PoolRecord record, RequestQueue queue, TimeProvider time, bool isRequired = false, bool isSample = false)
    {
        _record = record;
        _time = time;
        Queue = queue;
        IsRequired = isRequired;
        IsSample = isSample;
        Touch();
    }

    public string Name => _record.Name;

    public RequestQueue Queue { get; }

    /// <summary>Whether the command line named it: the server is not ready without it, and it is not evicted.</summary>
    public bool IsRequired { get; }

    /// <summary>Whether it is the sample, which is written where it is missing.</summary>
    public bool IsSample { get; }

    /// <summary>P-11: what the command line puts beside every revision. Set before the first is loaded.</summary>
    public IReadOnlyList<AdapterSource> Adapters { get; set; } = [];

    /// <summary>One load, unload or swap at a time.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>What is remembered over a restart. Changed by whoever holds the <see cref="Gate"/>.</summary>
    public PoolRecord Record
    {
        get => _record;
        set => _record = value;
    }

    /// <summary>The active revision; null while it is not loaded.</summary>
    public ServedModel? Active => Queue.Active?.Owner as ServedModel;

    /// <summary>All revisions in memory: the active one, and others that end or are kept for a rollback.</summary>
    public IReadOnlyList<ServedModel> InMemory => _inMemory;

    /// <summary>Why the last load failed, or null.</summary>
    public LoadFailure? Failure => _failure;

    /// <summary>Share of the weights loaded, 0 to 1.</summary>
    public double Progress
    {
        get => Volatile.Read(ref _progress);
        set => Volatile.Write(ref _progress, value);
    }

    /// <summary>A load, unload or drain is under way.</summary>
    public bool IsBusy => _phase is ModelStatus.Loading or ModelStatus.Draining or ModelStatus.Importing;

    public ModelStatus Status => _phase is ModelStatus.Draining or ModelStatus.Importing ? _phase
        : Active is not null ? ModelStatus.Loaded
        : _phase is ModelStatus.Loading ? ModelStatus.Loading
        : _failure is not null ? ModelStatus.Failed
        : ModelStatus.Unloaded;

    /// <summary>When it was last called (P-8): a timestamp.</summary>
    public long LastUsed => Volatile.Read(ref _lastUsed);

    /// <summary>Completes at the next change of anything here.</summary>
    public Task Changed => _changed.Task;

    public bool IsNamed(string name) => name == _record.Name || name == _record.Alias;

    public void Touch() => Volatile.Write(ref _lastUsed, _time.GetTimestamp());

    /// <summary>Tells who waits for a change to look again.</summary>
    public void Signal()
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            changed = _changed;
            _changed = NewSignal();
        }

        changed.TrySetResult();
    }

    /// <summary>Something begins, or has ended where <paramref name="phase"/> is <see cref="ModelStatus.Unloaded"/>.</summary>
    public void Enter(ModelStatus phase)
    {
        if (phase == ModelStatus.Loading)
        {
            Progress = 0;
        }

        _phase = phase;
        Signal();
    }

    /// <summary>The revision of that id, where it is in memory.</summary>
    public ServedModel? FindInMemory(string revision) => Array.Find(_inMemory, model => model.Revision == revision);

    /// <summary>The same, where requests may name it.</summary>
    public ServedModel? FindOpen(string revision) => FindInMemory(revision) is { IsOpen: true } model ? model : null;

    public void Add(ServedModel model)
    {
        lock (_lock)
        {
            _inMemory = [.. _inMemory, model];
        }
    }

    public void Remove(ServedModel model)
    {
        lock (_lock)
        {
            _inMemory = Array.FindAll(_inMemory, other => other != model);
        }
    }

    /// <summary>P-10: the load failed; the next attempt waits.</summary>
    public void Fail(string code, string reason)
    {
        int count = (_failure?.Count ?? 0) + 1;
        long wait = (long)(LoadFailure.BackOff(count).TotalSeconds * _time.TimestampFrequency);
        _failure = new LoadFailure(code, reason, count, _time.GetTimestamp() + wait);
        Signal();
    }

    public void Succeed()
    {
        _failure = null;
        Progress = 1;
        Signal();
    }

    /// <summary>How long the next attempt has to wait; zero where it may be made.</summary>
    public TimeSpan UntilRetry()
    {
        long now = _time.GetTimestamp();
        return _failure is { } failure && failure.RetryTimestamp > now ? _time.GetElapsedTime(now, failure.RetryTimestamp) : TimeSpan.Zero;
    }

    /// <summary>Whether the caller is the one to begin a load on demand; it says when it has ended.</summary>
    public bool TryBeginLoad() => Interlocked.Exchange(ref _isLoadBegun, 1) == 0;

    public void EndLoad() => Volatile.Write(ref _isLoadBegun, 0);

    public void Dispose() => Gate.Dispose();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
