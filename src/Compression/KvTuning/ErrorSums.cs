namespace Sparrow.Compression.KvTuning;

/// <summary>Collects <see cref="ErrorNorms"/>.</summary>
internal struct ErrorSums
{
    private const double LeastDenominator = 1e-8;

    private double _relative;
    private double _absolute;
    private double _absoluteTotal;
    private double _square;
    private double _squareTotal;
    private long _count;

    public readonly ErrorNorms Norms => new(
        _relative / _count,
        _absolute / Math.Max(_absoluteTotal, LeastDenominator),
        Math.Sqrt(_square / Math.Max(_squareTotal, LeastDenominator)));

    public void Add(ReadOnlySpan<float> exact, ReadOnlySpan<float> found)
    {
        for (int i = 0; i < exact.Length; i++)
        {
            double size = Math.Abs((double)exact[i]);
            double error = Math.Abs((double)exact[i] - found[i]);
            _relative += error / Math.Max(size, LeastDenominator);
            _absolute += error;
            _absoluteTotal += size;
            _square += error * error;
            _squareTotal += size * size;
        }

        _count += exact.Length;
    }

    public void Add(in ErrorSums other)
    {
        _relative += other._relative;
        _absolute += other._absolute;
        _absoluteTotal += other._absoluteTotal;
        _square += other._square;
        _squareTotal += other._squareTotal;
        _count += other._count;
    }
}
