namespace Sparrow.Server.Api.Errors;

/// <summary>An answer of the contract's section 4 on its way to the client; <c>ApiExceptionHandler</c> writes it.</summary>
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

    public object? Details { get; }

    /// <summary>E-3: sent as <c>Retry-After</c> and <c>retry-after-ms</c> with 429 and 503.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>E-4: false where a retry cannot help.</summary>
    public bool? ShouldRetry { get; init; }

    public static ApiException Invalid(string code, string message, string? param = null, object? details = null) =>
        new(400, "invalid_request_error", code, message, param, details);

    public static ApiException ModelNotFound(string name) =>
        new(404, "invalid_request_error", "model_not_found", $"The model '{name}' does not exist.", "model");
}
