using Sparrow.Runtime;
using Sparrow.Server.Hosting;
using Sparrow.Server.Options;

namespace Sparrow.Server.Observability;

/// <summary>
/// H-2: looks at every engine's step count again and again. An engine that has work and does not step is stuck; one that is idle, or steps,
/// is not, however long its steps are in between looks.
/// </summary>
internal sealed class StallWatch : IHostedService, IDisposable
{
    private readonly ModelPool _pool;
    private readonly TimeProvider _time;
    private readonly TimeSpan _limit;
    private readonly Look[] _looks;
    private ITimer? _timer;

    public StallWatch(ModelPool pool, ServerSettings settings, TimeProvider time)
    {
        _pool = pool;
        _time = time;
        _limit = settings.Health.Stall;
        _looks = [.. pool.Entries.Select(_ => new Look())];
    }

    /// <summary>H-2: some engine is stuck: not ready.</summary>
    public bool IsStalled => Longest() >= _limit;

    /// <summary>H-2: some engine is stuck for three times as long: not live.</summary>
    public bool IsDead => Longest() >= 3 * _limit;

    /// <summary>How long a model's engine has had work without a step; zero where it is idle or steps.</summary>
    public TimeSpan StalledTime(int entryIndex)
    {
        long since = Volatile.Read(ref _looks[entryIndex].Since);
        return since == 0 ? TimeSpan.Zero : _time.GetElapsedTime(since);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Ten looks within the limit make the answer a tenth late at most; more than a few a second would only burn power.
        TimeSpan interval = TimeSpan.FromSeconds(Math.Clamp(_limit.TotalSeconds / 10, 0.02, 1));
        _timer = _time.CreateTimer(_ => LookAtAll(), null, interval, interval);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer?.Dispose();

    private void LookAtAll()
    {
        for (int i = 0; i < _looks.Length; i++)
        {
            if (_pool.Entries[i].Active is { } model)
            {
                LookAt(_looks[i], model.Engine.Snapshot);
            }
        }
    }

    private void LookAt(Look look, in EngineSnapshot now)
    {
        bool moves = now.RunningSequences == 0 || now.StepCount != look.StepCount;
        look.StepCount = now.StepCount;
        if (moves)
        {
            Volatile.Write(ref look.Since, 0);
        }
        else if (look.Since == 0)
        {
            Volatile.Write(ref look.Since, _time.GetTimestamp());
        }
    }

    private TimeSpan Longest()
    {
        TimeSpan longest = TimeSpan.Zero;
        for (int i = 0; i < _looks.Length; i++)
        {
            TimeSpan stalled = StalledTime(i);
            longest = stalled > longest ? stalled : longest;
        }

        return longest;
    }

    private sealed class Look
    {
        /// <summary>When the engine was first seen with work and without a step since the look before; 0: it moves.</summary>
        public long Since;

        public long StepCount { get; set; } = -1;
    }
}
