namespace Sparrow.Server.Options;

/// <summary>What one request may ask for (C §3).</summary>
internal sealed record LimitsSettings
{
    /// <summary>Bytes of a JSON body.</summary>
    public long RequestBodyBytes { get; init; } = 16 << 20;

    /// <summary>Most choices a prompt (<c>n</c>).</summary>
    public int MaxChoices { get; init; } = 16;

    /// <summary>Most prompts × <c>n</c> in a request.</summary>
    public int MaxSequences { get; init; } = 256;

    /// <summary>E-7: a <c>max_tokens</c> that does not fit beside the prompt is lowered instead of refused.</summary>
    public bool ClampMaxTokens { get; init; }

    /// <summary>Longest time for a whole request; <c>timeout_ms</c> may ask for less.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Bytes of all request headers together.</summary>
    public int HeaderBytes { get; init; } = 32 << 10;

    public int HeaderCount { get; init; } = 100;

    public static LimitsSettings Read(SettingsReader reader)
    {
        LimitsSettings defaults = new();
        return new LimitsSettings
        {
            RequestBodyBytes = reader.OptionalBytes("Limits:RequestBodyBytes", "16MiB", 1024) ?? defaults.RequestBodyBytes,
            MaxChoices = reader.Integer("Limits:MaxChoices", defaults.MaxChoices, 1, 1024),
            MaxSequences = reader.Integer("Limits:MaxSequences", defaults.MaxSequences, 1, 65_536),
            ClampMaxTokens = reader.Flag("Limits:ClampMaxTokens", defaults.ClampMaxTokens),
            RequestTimeout = reader.Seconds("Limits:RequestTimeoutSeconds", defaults.RequestTimeout.TotalSeconds),
            HeaderBytes = reader.Integer("Limits:HeaderBytes", defaults.HeaderBytes, 1024, 128 << 10),
            HeaderCount = reader.Integer("Limits:HeaderCount", defaults.HeaderCount, 10, 500),
        };
    }
}
