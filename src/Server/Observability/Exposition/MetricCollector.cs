using System.Diagnostics.Metrics;
using Sparrow.Runtime;
using Sparrow.Server.Options;

namespace Sparrow.Server.Observability.Exposition;

/// <summary>
/// Listens to the instruments of this server, of the runtime and of the platform, and keeps their totals for the next scrape. Only meters of
/// this host's factory count, so that two servers in one process do not mix.
/// </summary>
internal sealed class MetricCollector : IDisposable
{
    private static readonly HashSet<string> s_meters =
    [
        ServerMetrics.MeterName, RuntimeMetricNames.Meter, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime",
    ];

    private readonly MeterListener _listener = new();
    private readonly IMeterFactory _factory;
    private readonly string _prefix;
    private readonly Lock _lock = new();
    private volatile MetricFamily[] _families = [];

    public MetricCollector(IMeterFactory factory, ServerSettings settings)
    {
        _factory = factory;
        _prefix = settings.Metrics.Prefix;
        _listener.InstrumentPublished = Publish;
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => Record(value, tags, family));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, family) => Record((double)value, tags, family));
        _listener.Start();
    }

    /// <summary>Takes a look at what is observed, and hands everything to a writer. One scrape at a time.</summary>
    public void Collect(Action<IEnumerable<MetricFamily>> write)
    {
        lock (_lock)
        {
            foreach (MetricFamily family in _families)
            {
                if (family.Instrument.IsObservable)
                {
                    family.Clear();
                }
            }

            _listener.RecordObservableInstruments();
            write(_families.OrderBy(family => family.Name.Text, StringComparer.Ordinal));
        }
    }

    public void Dispose() => _listener.Dispose();

    private static void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? family) =>
        ((MetricFamily)family!).Record(value, tags);

    private void Publish(Instrument instrument, MeterListener listener)
    {
        bool isOurs = instrument.Meter.Scope is null ? instrument.Meter.Name == "System.Runtime" : ReferenceEquals(instrument.Meter.Scope, _factory);
        if (!isOurs || !s_meters.Contains(instrument.Meter.Name))
        {
            return;
        }

        MetricFamily family = new(instrument, MetricTable.NameOf(instrument, _prefix));
        MetricFamily[] seen;
        do
        {
            seen = _families;
        }
        while (Interlocked.CompareExchange(ref _families, [.. seen, family], seen) != seen);
        listener.EnableMeasurementEvents(instrument, family);
    }
}
