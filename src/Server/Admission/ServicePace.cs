namespace Sparrow.Server.Admission;

/// <summary>How fast requests are served lately: a moving mean of the time between two that end while there is work. Not safe for concurrent use.</summary>
internal sealed class ServicePace(TimeProvider time)
{
    // An eighth: some ten requests of memory, enough to smooth and short enough to follow a change of load.
    private const double Weight = 0.125;

    private double _secondsPerRequest;
    private long _lastTimestamp;
    private bool _isBusy;

    /// <summary>There is work now.</summary>
    public void Busy()
    {
        if (!_isBusy)
        {
            _isBusy = true;
            _lastTimestamp = time.GetTimestamp();
        }
    }

    /// <summary>A request has ended.</summary>
    public void Served(bool isIdle)
    {
        long now = time.GetTimestamp();
        double seconds = time.GetElapsedTime(_lastTimestamp, now).TotalSeconds;
        _secondsPerRequest = _secondsPerRequest == 0 ? seconds : _secondsPerRequest + (Weight * (seconds - _secondsPerRequest));
        _lastTimestamp = now;
        _isBusy = !isIdle;
    }

    /// <summary>How long the last of so many requests has to wait; zero while nothing was served yet.</summary>
    public TimeSpan EstimateWait(int requests) => TimeSpan.FromSeconds(Math.Min(requests * _secondsPerRequest, 86_400));
}
