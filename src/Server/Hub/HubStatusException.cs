using System.Net;

namespace Sparrow.Server.Hub;

/// <summary>The hub's answer was not a success.</summary>
internal sealed class HubStatusException(HttpStatusCode status, TimeSpan? retryAfter) : Exception($"The hub answered {(int)status}.")
{
    public HttpStatusCode Status { get; } = status;

    /// <summary>The wait that it asked for.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>Whether the same call may succeed later.</summary>
    public bool MayPass => Status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)Status >= 500;

    public bool IsMissing => Status is HttpStatusCode.NotFound or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.Gone;
}
