using System.Globalization;
using System.Text.Json.Nodes;

namespace Sparrow.Server.Hosting;

/// <summary>The last events of the pool, for those who listen and for those who come back (C §9.4). They do not outlive the process.</summary>
internal sealed class PoolEvents(TimeProvider time)
{
    // A day of a busy pool; listeners that were away for longer read the pool's state instead.
    private const int Kept = 4096;

    private readonly Lock _lock = new();
    private readonly Queue<PoolEvent> _events = new();

    // Part of each id, so that an id of an earlier process is not taken for one of this.
    private readonly string _epoch = time.GetUtcNow().ToUnixTimeMilliseconds().ToString("x", CultureInfo.InvariantCulture);
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _number;

    /// <summary>Completes with the next event.</summary>
    public Task Arrived
    {
        get
        {
            lock (_lock)
            {
                return _arrived.Task;
            }
        }
    }

    public void Add(string type, string message, JsonObject data, string level = "info")
    {
        TaskCompletionSource arrived;
        lock (_lock)
        {
            _events.Enqueue(New(type, message, data, level, ++_number));
            if (_events.Count > Kept)
            {
                _events.Dequeue();
            }

            arrived = _arrived;
            _arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        arrived.TrySetResult();
    }

    /// <summary>Events after one, oldest first; all that are kept where that one is not known, so that nothing is missed.</summary>
    /// <param name="id">Null: none are asked for that came before.</param>
    public IReadOnlyList<PoolEvent> After(string? id)
    {
        lock (_lock)
        {
            PoolEvent[] all = [.. _events];
            int index = id is null ? all.Length - 1 : Array.FindIndex(all, one => one.Id == id);
            return all[(index + 1)..];
        }
    }

    /// <summary>The id of the last event, or the one before the first.</summary>
    public string Last
    {
        get
        {
            lock (_lock)
            {
                return IdOf(_number);
            }
        }
    }

    /// <summary>A sign of life; it is not kept, and carries the id of what came before it.</summary>
    public PoolEvent Heartbeat(string after) => new(after, time.GetUtcNow().ToUnixTimeSeconds(), "info", "heartbeat", "Alive.", []);

    private PoolEvent New(string type, string message, JsonObject data, string level, long number) =>
        new(IdOf(number), time.GetUtcNow().ToUnixTimeSeconds(), level, type, message, data);

    private string IdOf(long number) => string.Create(CultureInfo.InvariantCulture, $"poolevt-{_epoch}-{number:D12}");
}
