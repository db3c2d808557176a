using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Api.Parameters;

/// <summary>Reads the JSON body of a request within its limits.</summary>
internal static class RequestBody
{
    // Deep enough for a JSON schema at its own limit of 32 inside a request, shallow enough that no walk over it can exhaust a stack.
    private const int MaxDepth = 64;

    // Bodies up to so many times the limit are read and thrown away before they are refused.
    private const int DiscardedLimits = 4;

    // Two members of one name mean different things to different readers, so neither is taken.
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    /// <exception cref="ApiException">415 for another content type, 413 for a body over the limit, 400 <c>invalid_json</c>.</exception>
    public static async Task<JsonDocument> ReadAsync(HttpContext context, long maxBytes)
    {
        RequireJson(context.Request);
        if (context.Request.ContentLength > maxBytes)
        {
            await DiscardAsync(context, maxBytes * DiscardedLimits);
            throw TooLarge(maxBytes);
        }

        SetLimit(context, maxBytes);

        try
        {
            return await JsonDocument.ParseAsync(context.Request.Body, s_options, context.RequestAborted);
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge(maxBytes);
        }
        catch (JsonException exception)
        {
            string message = exception is { LineNumber: 0, BytePositionInLine: 0 } && context.Request.ContentLength is 0
                ? "The request body is empty; expected a JSON object."
                : $"The request body is not valid JSON: {exception.Message}";
            throw new ApiException(400, "invalid_request_error", "invalid_json", message, inner: exception);
        }
        catch (InvalidOperationException exception)
        {
            // Thrown for an escaped half of a surrogate pair in a member's name.
            throw new ApiException(400, "invalid_request_error", "invalid_json", "The request body holds text that is not valid Unicode.", inner: exception);
        }
    }

    // Most clients read no answer before they have sent all: answered early, they would see a broken connection instead of the reason. A body
    // that is far too large is not worth that.
    private static async Task DiscardAsync(HttpContext context, long maxBytes)
    {
        if (context.Request.ContentLength <= maxBytes)
        {
            SetLimit(context, maxBytes);
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        }
    }

    private static void SetLimit(HttpContext context, long maxBytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = maxBytes;
        }
    }

    // A body without a content type is refused too: a web page can send that across origins without a preflight, but not application/json.
    private static void RequireJson(HttpRequest request)
    {
        bool isJson = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase))
            && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
        if (!isJson)
        {
            throw Unsupported($"The content type must be application/json in UTF-8, but is '{RequestObject.Shorten(request.ContentType ?? "")}'.");
        }

        string encoding = request.Headers.ContentEncoding.ToString();
        if (encoding.Length > 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            throw Unsupported($"The body must be sent without content encoding, but is '{RequestObject.Shorten(encoding)}'.");
        }
    }

    private static ApiException Unsupported(string message) => new(415, "invalid_request_error", "unsupported_media_type", message);

    private static ApiException TooLarge(long maxBytes) =>
        new(413, "invalid_request_error", "request_too_large", $"The request body is larger than {maxBytes} bytes.", details: new { max_bytes = maxBytes });
}
