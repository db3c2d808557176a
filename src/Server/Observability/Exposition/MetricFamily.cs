using System.Diagnostics.Metrics;

namespace Sparrow.Server.Observability.Exposition;

/// <summary>All series of one instrument.</summary>
internal sealed class MetricFamily
{
    // The bounds of the OpenTelemetry SDK for seconds, where an instrument advises none.
    private static readonly double[] s_defaultBounds = [.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10];

    // Labels come from closed sets, so this is never reached; it bounds memory should one not be.
    private const int MostSeries = 2000;

    private readonly Lock _lock = new();
    private volatile MetricSeries[] _series = [];

    public MetricFamily(Instrument instrument, MetricName name)
    {
        Instrument = instrument;
        Name = name;
        Kind = KindOf(instrument);
        Bounds = Kind == MetricKind.Histogram ? BoundsOf(instrument) : [];
    }

    public Instrument Instrument { get; }

    public MetricName Name { get; }

    public MetricKind Kind { get; }

    public double[] Bounds { get; }

    public IReadOnlyList<MetricSeries> Series => _series;

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (SeriesOf(tags) is not { } series)
        {
            return;
        }

        switch (Kind)
        {
            case MetricKind.Histogram:
                series.Observe(value, Bounds);
                break;
            case MetricKind.Gauge:
                series.Set(value);
                break;
            case MetricKind.Counter when Instrument.IsObservable:
                series.Set(value);
                break;
            default:
                series.Add(value);
                break;
        }
    }

    /// <summary>Forgets the series of an observed instrument, so that what is gone is not shown for ever.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _series = [];
        }
    }

    private MetricSeries? SeriesOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // A handful of label sets an instrument: walking them is quicker than hashing, and needs no key to be made.
        foreach (MetricSeries series in _series)
        {
            if (series.HasTags(tags))
            {
                return series;
            }
        }

        lock (_lock)
        {
            foreach (MetricSeries series in _series)
            {
                if (series.HasTags(tags))
                {
                    return series;
                }
            }

            if (_series.Length >= MostSeries)
            {
                return null;
            }

            MetricSeries added = new(tags, Kind == MetricKind.Histogram ? Bounds.Length + 1 : 0);
            _series = [.. _series, added];
            return added;
        }
    }

    private static MetricKind KindOf(Instrument instrument)
    {
        string type = instrument.GetType().Name;
        return type.Contains("Histogram", StringComparison.Ordinal) ? MetricKind.Histogram
            : type.Contains("Gauge", StringComparison.Ordinal) ? MetricKind.Gauge
            : type.Contains("UpDown", StringComparison.Ordinal) ? (instrument.IsObservable ? MetricKind.Gauge : MetricKind.UpDown)
            : MetricKind.Counter;
    }

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        _ => s_defaultBounds,
    };
}

/// <summary>How an instrument's measurements are put together.</summary>
internal enum MetricKind
{
    Counter,
    UpDown,
    Gauge,
    Histogram,
}
