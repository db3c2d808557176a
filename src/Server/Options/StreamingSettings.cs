namespace Sparrow.Server.Options;

/// <summary>How answers are streamed (C §5).</summary>
internal sealed record StreamingSettings
{
    /// <summary>T-3: a comment after this long without output, once headers were sent; zero: never.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>T-3: headers go out after this long without a token, for proxies with short timeouts; zero: not before the first token.</summary>
    public TimeSpan EarlyHeaders { get; init; }

    /// <summary>T-7: the usage chunk is sent whether asked for or not.</summary>
    public bool ForceUsage { get; init; }

    /// <summary>T-9: tokens merged into one chunk where the request does not say.</summary>
    public int Interval { get; init; } = 1;

    /// <summary>T-12: most bytes that wait for a slow reader.</summary>
    public long UnreadBytes { get; init; } = 1 << 20;

    /// <summary>T-12: longest time that a reader may be behind.</summary>
    public TimeSpan UnreadTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a reader with more than <see cref="UnreadBytes"/> before it may take nothing at all: the scores of a long prompt come at
    /// once, and who reads them is not slow.</summary>
    public TimeSpan UnreadGrace { get; init; } = TimeSpan.FromSeconds(1);

    public static StreamingSettings Read(SettingsReader reader)
    {
        StreamingSettings defaults = new();
        return new StreamingSettings
        {
            KeepAlive = reader.Seconds("Streaming:KeepAliveSeconds", defaults.KeepAlive.TotalSeconds),
            EarlyHeaders = reader.Seconds("Streaming:EarlyHeadersSeconds", 0),
            ForceUsage = reader.Flag("Streaming:ForceUsage", defaults.ForceUsage),
            Interval = reader.Integer("Streaming:Interval", defaults.Interval, 1, 1024),
            UnreadBytes = reader.OptionalBytes("Streaming:UnreadBytes", "1MiB", 1024) ?? defaults.UnreadBytes,
            UnreadTime = reader.Seconds("Streaming:UnreadSeconds", defaults.UnreadTime.TotalSeconds),
        };
    }
}
