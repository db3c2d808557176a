namespace Sparrow.Server.Api.Errors;

/// <summary>An answer of the contract's section 4 on its way to the client; <see cref="ApiExceptionHandler"/> writes it.</summary>
internal sealed class ApiException : Exception
{
    public ApiException(int status, string type, string? code, string message, string? param = null, object? details = null, Exception? inner = null)
        : base(message, inner)
    {
        Status = status;
        Type = type;
        Code = code;
        Param = param;
        Details = details;
    }

    public int Status { get; }

    public string Type { get; }

    public string? Code { get; }

    public string? Param { get; }

    /// <summary>E-2: an object of facts, its members in snake case.</summary>
    public object? Details { get; }

    /// <summary>E-3: sent as <c>Retry-After</c> and <c>retry-after-ms</c> with 429 and 503.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>E-4: false where a retry cannot help.</summary>
    public bool? ShouldRetry { get; init; }

    public static ApiException Invalid(string code, string message, string? param = null, object? details = null) =>
        new(400, "invalid_request_error", code, message, param, details);

    public static ApiException ModelNotFound(string name) =>
        new(404, "invalid_request_error", "model_not_found", $"The model '{name}' does not exist.", "model");

    /// <summary>A member of the contract that this version does not offer: refused by name, never ignored.</summary>
    public static ApiException Unsupported(string param, string? why = null) =>
        Invalid("unsupported_parameter", $"'{param}' is not supported{(why is null ? "" : $": {why}")}.", param);

    /// <summary>The request took longer than it may.</summary>
    /// <param name="limit">The time it had.</param>
    /// <param name="ownLimit">Whether the caller set that limit: then a retry cannot help (E-4).</param>
    public static ApiException Timeout(TimeSpan limit, bool ownLimit) =>
        new(408, "timeout_error", "timeout", $"The request did not finish within {limit.TotalMilliseconds:0} ms.", ownLimit ? "timeout_ms" : null)
        {
            ShouldRetry = ownLimit ? false : null,
        };

    /// <summary>The engine failed this request.</summary>
    public static ApiException EngineFailed(Exception? inner) =>
        new(500, "server_error", "engine_error", "The engine failed while it worked on this request.", inner: inner);

    /// <summary>The server ended the request: shutdown, or an operator.</summary>
    public static ApiException Aborted() =>
        new(503, "unavailable_error", "request_aborted", "The server ended this request before it was finished.") { ShouldRetry = false };
}
