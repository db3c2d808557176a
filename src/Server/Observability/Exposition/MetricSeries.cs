namespace Sparrow.Server.Observability.Exposition;

/// <summary>One set of labels of an instrument and what was measured with it. Updated by many threads without locks; allocates nothing.</summary>
internal sealed class MetricSeries
{
    private readonly KeyValuePair<string, object?>[] _tags;
    private readonly long[]? _buckets;
    private double _value;
    private long _count;

    /// <param name="tags">The labels.</param>
    /// <param name="bucketCount">Buckets of a histogram, the last without an upper bound; 0: not a histogram.</param>
    public MetricSeries(ReadOnlySpan<KeyValuePair<string, object?>> tags, int bucketCount)
    {
        _tags = tags.ToArray();
        _buckets = bucketCount > 0 ? new long[bucketCount] : null;
    }

    public ReadOnlySpan<KeyValuePair<string, object?>> Tags => _tags;

    /// <summary>The counter's total, the gauge's last value, or the histogram's sum.</summary>
    public double Value => Volatile.Read(ref _value);

    public bool IsHistogram => _buckets is not null;

    /// <summary>Counts by bucket, not cumulative; read while others write, so that a sum of them is the only consistent count.</summary>
    public long BucketCount(int index) => Volatile.Read(ref _buckets![index]);

    public bool HasTags(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length != _tags.Length)
        {
            return false;
        }

        for (int i = 0; i < tags.Length; i++)
        {
            if (tags[i].Key != _tags[i].Key || !Equals(tags[i].Value, _tags[i].Value))
            {
                return false;
            }
        }

        return true;
    }

    public void Add(double value)
    {
        double seen = Volatile.Read(ref _value);
        double previous;
        while ((previous = Interlocked.CompareExchange(ref _value, seen + value, seen)) != seen)
        {
            seen = previous;
        }
    }

    public void Set(double value) => Volatile.Write(ref _value, value);

    public void Observe(double value, double[] bounds)
    {
        // The first bound that is not below the value; -1 − index where it lies between two.
        int index = Array.BinarySearch(bounds, value);
        Interlocked.Increment(ref _buckets![index >= 0 ? index : ~index]);
        Interlocked.Increment(ref _count);
        Add(value);
    }
}
