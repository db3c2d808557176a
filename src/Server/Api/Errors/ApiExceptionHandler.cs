using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.WebUtilities;
using Sparrow.Server.Observability;
using Sparrow.Server.Options;
using Sparrow.Server.Storage;

namespace Sparrow.Server.Api.Errors;

/// <summary>
/// The one place where an exception, or a bare status code made by the framework, becomes an answer: the error shape under <c>/v1</c> and for
/// the tokenizer's helpers, problem details elsewhere (G-7).
/// </summary>
internal sealed partial class ApiExceptionHandler(RequestDelegate next, ServerSettings settings, ILogger<ApiExceptionHandler> logger)
{
    // ENOSPC, and ERROR_DISK_FULL, as .NET reports them.
    private const int NoSpaceUnix = 28;
    private const int NoSpaceWindows = unchecked((int)0x80070070);

    private static readonly TimeSpan s_leastRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_mostRetry = TimeSpan.FromSeconds(120);
    private static readonly string[] s_apiPaths = ["/v1", "/tokenize", "/detokenize", "/tokenizer_info"];

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            RequireSmallHeaders(context.Request);
            await next(context);
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            if (context.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException)
            {
                // E-6: nobody reads this; 499 is for logs and metrics.
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
                return;
            }

            await WriteAsync(context, Translate(exception));
            return;
        }

        bool isBare = context.Response.StatusCode >= 400 && !context.Response.HasStarted
            && context.Response.ContentLength is null && string.IsNullOrEmpty(context.Response.ContentType);
        if (isBare && context.Response.StatusCode != StatusCodes.Status499ClientClosedRequest)
        {
            await WriteAsync(context, OfStatus(context));
        }
    }

    /// <summary>Writes the answer for an exception.</summary>
    public static async Task WriteAsync(HttpContext context, ApiException exception)
    {
        HttpResponse response = context.Response;
        string? allow = response.Headers.Allow;
        string? authenticate = response.Headers.WWWAuthenticate;
        response.StatusCode = exception.Status;
        if (allow is not null)
        {
            response.Headers.Allow = allow;
        }

        if (exception.Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = authenticate ?? "Bearer";
        }

        if (exception.Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable || exception.RetryAfter is not null)
        {
            AddRetryAfter(response, exception.RetryAfter ?? s_leastRetry);
        }

        if (ShouldRetry(exception) is bool retry)
        {
            response.Headers["x-should-retry"] = retry ? "true" : "false";
        }

        context.Features.Set(exception);
        ArrayBufferWriter<byte> body = new();
        if (IsApi(context.Request.Path))
        {
            ApiError.Write(body, exception);
            response.ContentType = "application/json; charset=utf-8";
        }
        else
        {
            ProblemBody.Write(body, exception, context.TraceIdentifier);
            response.ContentType = "application/problem+json";
        }

        response.ContentLength = body.WrittenCount;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
        }
    }

    private static bool IsApi(PathString path)
    {
        foreach (string prefix in s_apiPaths)
        {
            if (path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    // E-3: clients ignore values over two minutes. The jitter keeps refused callers from coming back together.
    private static void AddRetryAfter(HttpResponse response, TimeSpan wait)
    {
        double jittered = wait.TotalMilliseconds * (1 + (RandomNumberGenerator.GetInt32(-100, 101) / 1000.0));
        double milliseconds = Math.Clamp(jittered, s_leastRetry.TotalMilliseconds, s_mostRetry.TotalMilliseconds);
        response.Headers.RetryAfter = Math.Ceiling(milliseconds / 1000).ToString("0", CultureInfo.InvariantCulture);
        response.Headers["retry-after-ms"] = Math.Ceiling(milliseconds).ToString("0", CultureInfo.InvariantCulture);
    }

    // E-4: the official clients retry 408, 409, 429 and every 5xx by themselves.
    private static bool? ShouldRetry(ApiException exception) => exception.ShouldRetry ?? exception switch
    {
        { Status: 409 or 501 or 507 } => false,
        { Code: "model_failed" or "request_aborted" } => false,
        _ => null,
    };

    private ApiException Translate(Exception exception)
    {
        switch (exception)
        {
            case ApiException known:
                return known;
            case BadHttpRequestException bad:
                return OfBadRequest(bad);
            case StorageFullException:
            case IOException { HResult: NoSpaceUnix or NoSpaceWindows }:
                return new ApiException(507, "server_error", "insufficient_storage", "The disk is full.", inner: exception);
            default:
                Log.Unhandled(logger, exception);
                return new ApiException(500, "server_error", "internal_error", "The server failed while it worked on this request.", inner: exception);
        }
    }

    private static ApiException OfBadRequest(BadHttpRequestException exception) => exception.StatusCode switch
    {
        StatusCodes.Status408RequestTimeout =>
            new ApiException(408, "timeout_error", "timeout", "The request body did not arrive in time.", inner: exception),
        StatusCodes.Status413PayloadTooLarge =>
            new ApiException(413, "invalid_request_error", "request_too_large", "The request body is too large.", inner: exception),
        StatusCodes.Status415UnsupportedMediaType =>
            new ApiException(415, "invalid_request_error", "unsupported_media_type", "The content type is not supported.", inner: exception),
        int status => new ApiException(status, "invalid_request_error", status == 400 ? "invalid_value" : null, exception.Message, inner: exception),
    };

    private static ApiException OfStatus(HttpContext context)
    {
        HttpRequest request = context.Request;
        int status = context.Response.StatusCode;
        (string type, string? code, string message) = status switch
        {
            401 => ("authentication_error", "invalid_api_key", "A valid API key is needed."),
            403 => ("permission_error", "permission_denied", "This key may not do that."),
            404 => ("invalid_request_error", "not_found", $"There is nothing at '{request.Path}'."),
            405 => ("invalid_request_error", "method_not_allowed", $"'{request.Path}' does not answer {request.Method}."),
            406 => ("invalid_request_error", "not_acceptable", "The answer cannot be given in an accepted form."),
            408 => ("timeout_error", "timeout", "The request did not arrive in time."),
            409 => ("conflict_error", "invalid_state", "The request does not fit the present state."),
            413 => ("invalid_request_error", "request_too_large", "The request body is too large."),
            415 => ("invalid_request_error", "unsupported_media_type", "The content type is not supported."),
            429 => ("rate_limit_error", "rate_limit_exceeded", "Too many requests."),
            431 => ("invalid_request_error", "headers_too_large", "The request's headers are too large."),
            501 => ("invalid_request_error", "not_implemented", $"'{request.Path}' is not there yet."),
            503 => ("unavailable_error", (string?)null, "The server cannot answer now."),
            507 => ("server_error", "insufficient_storage", "The disk is full."),
            >= 500 => ("server_error", "internal_error", "The server failed."),
            _ => ("invalid_request_error", (string?)null, ReasonPhrases.GetReasonPhrase(status)),
        };
        return new ApiException(status, type, code, message);
    }

    // Kestrel answers headers over its own limits without a body. It is set up above ours, so that ours are answered in our shape.
    private void RequireSmallHeaders(HttpRequest request)
    {
        long bytes = 0;
        int count = 0;
        foreach (KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues> header in request.Headers)
        {
            foreach (string? value in header.Value)
            {
                bytes += header.Key.Length + 4 + (value?.Length ?? 0);
                count++;
            }
        }

        if (bytes > settings.Limits.HeaderBytes || count > settings.Limits.HeaderCount)
        {
            throw new ApiException(
                431,
                "invalid_request_error",
                "headers_too_large",
                $"The request has {count} headers of {bytes} bytes; at most {settings.Limits.HeaderCount} of {settings.Limits.HeaderBytes} bytes are taken.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.RequestFailed, LogLevel.Error, "A request failed")]
        public static partial void Unhandled(ILogger logger, Exception exception);
    }
}
