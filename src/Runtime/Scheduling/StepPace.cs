namespace Sparrow.Runtime.Scheduling;

/// <summary>
/// How many prompt tokens a step takes along, from measured speed: a step that also decodes should end within the wanted time between tokens;
/// a step that only prefills may take longer, but not so long that a cancellation or a newcomer waits for it.
/// </summary>
internal sealed class StepPace(TimeSpan targetInterTokenLatency, int? maxBatchedTokens)
{
    /// <summary>Most tokens in a step where no limit is set.</summary>
    public const int DefaultMaxTokens = 2048;

    // Without a measurement: small enough that a slow model's first step ends soon, large enough that it measures prefill and not overhead.
    private const int FirstChunkTokens = 256;

    // Below this a chunk's time is mostly the step's fixed cost and says little about the time per token.
    private const int MeasurableTokens = 32;

    // A new measurement counts a quarter: a few steps adapt, one hiccup does not.
    private const double Weight = 0.25;

    // Steps without decodes may last this many times the wanted time between tokens (half a second by default).
    private const double PrefillOnlyFactor = 10;

    private readonly double _targetSeconds = targetInterTokenLatency.TotalSeconds;
    private double _secondsPerToken;
    private double _decodeSeconds;

    public int MaxTokens { get; } = maxBatchedTokens ?? DefaultMaxTokens;

    /// <summary>Prompt tokens that a step with so many decodes should take.</summary>
    public int PrefillBudget(int decodeCount)
    {
        int tokens = FirstChunkTokens;
        if (_secondsPerToken > 0)
        {
            // Decoding alone may already miss the target; a fifth of it is left for prefill, or new requests would never start.
            double seconds = decodeCount > 0
                ? Math.Max(_targetSeconds - _decodeSeconds, _targetSeconds / 5)
                : _targetSeconds * PrefillOnlyFactor;
            tokens = (int)Math.Min(seconds / _secondsPerToken, DefaultMaxTokens);
        }

        // Whole blocks, where there is room for one: a chunk that ends inside a block gains nothing.
        tokens = Math.Clamp(tokens, KvCache.KvLayout.BlockTokens, Math.Max(MaxTokens - decodeCount, KvCache.KvLayout.BlockTokens));
        tokens &= ~(KvCache.KvLayout.BlockTokens - 1);
        return Math.Max(0, Math.Min(tokens, MaxTokens - decodeCount));
    }

    /// <summary>A step has been measured.</summary>
    public void Record(double seconds, int decodeTokens, int prefillTokens)
    {
        if (prefillTokens == 0)
        {
            _decodeSeconds = Blend(_decodeSeconds, seconds);
        }
        else if (prefillTokens >= MeasurableTokens)
        {
            double prefillSeconds = decodeTokens > 0 ? Math.Max(seconds - _decodeSeconds, seconds / 4) : seconds;
            _secondsPerToken = Blend(_secondsPerToken, prefillSeconds / prefillTokens);
        }
    }

    private static double Blend(double average, double value) => average == 0 ? value : average + (Weight * (value - average));
}
