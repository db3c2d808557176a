using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Hosting;

/// <summary>Why a model is not there.</summary>
/// <param name="Code"><c>model_failed</c> or <c>insufficient_memory</c>.</param>
/// <param name="Reason">A sentence.</param>
/// <param name="Count">Failures in a row.</param>
/// <param name="RetryTimestamp">P-10: when the next attempt may be made.</param>
internal sealed record LoadFailure(string Code, string Reason, int Count, long RetryTimestamp)
{
    public const string ModelFailed = "model_failed";
    public const string InsufficientMemory = "insufficient_memory";

    private const double LongestSeconds = 300;

    /// <summary>P-10: 1, 2, 4 … 300 s.</summary>
    public static TimeSpan BackOff(int count) => TimeSpan.FromSeconds(Math.Min(LongestSeconds, Math.Pow(2, Math.Min(count - 1, 30))));

    public ApiException ToException(string model, TimeSpan wait) => Code == InsufficientMemory
        ? new ApiException(503, "unavailable_error", Code, $"There is no room for the model '{model}': {Reason}", "model") { RetryAfter = wait }
        : new ApiException(503, "unavailable_error", Code, $"The model '{model}' could not be loaded: {Reason}", "model") { ShouldRetry = false };
}
