namespace Sparrow.Compression.Adaptation;

/// <summary>Windows of equal length at random places of some streams of tokens, every place as likely as any other.</summary>
internal sealed class TrainingWindows
{
    /// <summary>Tokens that a stream must have for training to make sense.</summary>
    public const int LeastTokens = 16;

    private readonly int[][] _streams;
    private readonly int _length;
    private readonly long _places;
    private readonly Random _random;

    /// <param name="streams">Shorter ones than the window are left out, unless all are: then the longest sets the window.</param>
    /// <param name="length">Tokens of a window.</param>
    /// <param name="random">Draws.</param>
    public TrainingWindows(IReadOnlyList<int[]> streams, int length, Random random)
    {
        _length = Math.Min(length, streams.Max(stream => stream.Length));
        _streams = [.. streams.Where(stream => stream.Length >= _length)];
        _places = _streams.Sum(stream => (long)stream.Length - _length + 1);
        _random = random;
    }

    /// <summary>The next windows.</summary>
    public int[][] Next(int count)
    {
        int[][] windows = new int[count][];
        for (int i = 0; i < count; i++)
        {
            long place = _random.NextInt64(_places);
            int stream = 0;
            while (place >= _streams[stream].Length - _length + 1)
            {
                place -= _streams[stream].Length - _length + 1;
                stream++;
            }

            windows[i] = _streams[stream].AsSpan((int)place, _length).ToArray();
        }

        return windows;
    }
}
