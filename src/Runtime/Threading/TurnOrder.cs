using System.Diagnostics;

namespace Sparrow.Runtime.Threading;

/// <summary>
/// Whose turn it is at the worker pool: lanes in order of priority, first come first served within a lane, and for each lower lane a share of the
/// time for which it would otherwise wait. Pure bookkeeping: the caller brings the clock and the lock.
/// </summary>
/// <remarks>
/// A lane that waits while others compute earns its share of that time as credit and goes first once it has any; a contended turn of its
/// own costs it the turn's length. Lanes without credit also leave a short pause after a higher lane's turn, because an engine comes back for its
/// next layer within microseconds, and would otherwise find the cores taken at every layer.
/// </remarks>
internal sealed class TurnOrder
{
    /// <summary>What each lower lane is guaranteed while it waits, where nobody has set another share.</summary>
    public const double Share = 0.1;

    /// <summary>The longest turn of a lower lane while others wait: what a serving step may lose at once.</summary>
    public static readonly TimeSpan LongestLowerTurn = TimeSpan.FromMilliseconds(2);

    /// <summary>How long a lane leaves the cores free for a higher lane that has just used them: above the gap between two layers or steps.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(0.5);

    private static readonly int s_laneCount = Enum.GetValues<WorkerLane>().Length;

    private readonly long[] _arrived = new long[s_laneCount];
    private readonly long[] _served = new long[s_laneCount];
    private readonly double[] _credit = new double[s_laneCount];
    private readonly long[] _released = new long[s_laneCount];
    private readonly double[] _shares = new double[s_laneCount];
    private readonly double _ticksPerSecond;
    private bool _busy;
    private WorkerLane _lane;
    private long _takenAt;

    /// <param name="ticksPerSecond">Unit of the time stamps.</param>
    public TurnOrder(long ticksPerSecond)
    {
        Array.Fill(_shares, Share);
        _ticksPerSecond = ticksPerSecond;
        Array.Fill(_released, long.MinValue / 2);
    }

    /// <summary>Whether anybody waits.</summary>
    public bool AnyWaiting
    {
        get
        {
            for (int lane = 0; lane < s_laneCount; lane++)
            {
                if (IsWaiting(lane))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Sets what a lower lane is guaranteed while it waits: so much the lanes above may be slowed.</summary>
    public void SetShare(WorkerLane lane, double share) => _shares[(int)lane] = share;

    /// <summary>Joins the end of the lane's queue.</summary>
    public long Arrive(WorkerLane lane) => _arrived[(int)lane]++;

    /// <summary>Takes the turn if it is this caller's.</summary>
    public bool TryTake(WorkerLane lane, long ticket, long now)
    {
        if (_busy || ticket != _served[(int)lane] || Choose(now) != (int)lane)
        {
            return false;
        }

        _served[(int)lane]++;
        _busy = true;
        _lane = lane;
        _takenAt = now;
        return true;
    }

    /// <summary>Ends the turn and settles what it cost.</summary>
    public void Release(long now)
    {
        Debug.Assert(_busy, "A turn ends once.");
        double seconds = (now - _takenAt) / _ticksPerSecond;
        bool contended = false;
        for (int lane = 0; lane < s_laneCount; lane++)
        {
            contended |= lane != (int)_lane && IsWaiting(lane);
        }

        for (int lane = 1; lane < s_laneCount; lane++)
        {
            if (lane == (int)_lane)
            {
                // A turn that kept nobody waiting is free.
                _credit[lane] -= contended ? seconds * (1 - _shares[lane]) : 0;
            }
            else if (IsWaiting(lane))
            {
                // Credit is capped at one long turn: a lane that waited for minutes gets its share back, not the minutes.
                _credit[lane] = Math.Min(_credit[lane] + (seconds * _shares[lane]), LongestLowerTurn.TotalSeconds);
            }
        }

        _released[(int)_lane] = now;
        _busy = false;
    }

    private bool IsWaiting(int lane) => _arrived[lane] > _served[lane];

    private int Choose(long now)
    {
        int chosen = -1;
        for (int lane = 1; lane < s_laneCount; lane++)
        {
            if (IsWaiting(lane) && _credit[lane] > 0 && (chosen < 0 || _credit[lane] > _credit[chosen]))
            {
                chosen = lane;
            }
        }

        if (chosen >= 0)
        {
            return chosen;
        }

        double pause = Pause.TotalSeconds * _ticksPerSecond;
        for (int lane = 0; lane < s_laneCount; lane++)
        {
            if (IsWaiting(lane))
            {
                return lane;
            }

            if (now - _released[lane] < pause)
            {
                return -1;
            }
        }

        return -1;
    }
}
