using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Files;

namespace Sparrow.Server.Api.Files;

/// <summary>A multipart body: one file, streamed to the disk as it arrives, and small fields before or after it.</summary>
internal sealed class MultipartBody
{
    // Boundaries, headers and fields around the file.
    public const long OverheadBytes = 1 << 20;

    private const int MaxFields = 32;
    private const int MaxFieldBytes = 4096;

    // What streams throw whose end came too soon; failures of the disk carry their own numbers.
    private const int GenericIoFailure = unchecked((int)0x80131620);

    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);

    public StagedFile? File { get; private set; }

    /// <summary>What the sender calls the file, or null.</summary>
    public string? FileName { get; private set; }

    /// <param name="context">The request.</param>
    /// <param name="fileField">Name of the field that holds the file.</param>
    /// <param name="maxBytes">Most bytes of the file.</param>
    /// <param name="stage">Writes the file; not called where the body has none.</param>
    /// <exception cref="ApiException">415 for another content type, 413, 400; what was staged is deleted.</exception>
    public static async Task<MultipartBody> ReadAsync(HttpContext context, string fileField, long maxBytes, Func<Stream, Task<StagedFile>> stage)
    {
        MultipartBody body = new();
        try
        {
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            {
                limit.MaxRequestBodySize = maxBytes + OverheadBytes;
            }

            MultipartReader reader = new(BoundaryOf(context.Request), context.Request.Body);
            int sections = 0;
            while (await reader.ReadNextSectionAsync(context.RequestAborted) is { } section)
            {
                if (++sections > MaxFields)
                {
                    throw ApiException.Invalid("invalid_value", $"The body has more than {MaxFields} fields.");
                }

                await body.TakeAsync(section, fileField, stage, context.RequestAborted);
            }

            return body;
        }
        catch (Exception exception)
        {
            body.Discard();
            bool isMalformed = exception is InvalidDataException
                || (exception is IOException { HResult: GenericIoFailure } and not BadHttpRequestException and not StorageFullException
                    && !context.RequestAborted.IsCancellationRequested);
            if (isMalformed)
            {
                throw ApiException.Invalid("invalid_value", $"The multipart body is damaged: {exception.Message}");
            }

            throw;
        }
    }

    public string? Field(string name) => _fields.GetValueOrDefault(name);

    /// <summary>Deletes what was staged; for a request that fails afterwards.</summary>
    public void Discard()
    {
        if (File is not null)
        {
            DurableFile.Delete(File.Path);
        }
    }

    private async Task TakeAsync(MultipartSection section, string fileField, Func<Stream, Task<StagedFile>> stage, CancellationToken cancellation)
    {
        if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out ContentDispositionHeaderValue? disposition))
        {
            throw ApiException.Invalid("invalid_value", "A field of the body has no valid Content-Disposition.");
        }

        string name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
        if (name == fileField)
        {
            if (File is not null)
            {
                throw ApiException.Invalid("invalid_value", $"The body holds '{fileField}' more than once.", fileField);
            }

            File = await stage(section.Body);
            FileName = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).ToString();
            return;
        }

        byte[] value = new byte[MaxFieldBytes + 1];
        int count = await section.Body.ReadAtLeastAsync(value, value.Length, throwOnEndOfStream: false, cancellation);
        if (count > MaxFieldBytes)
        {
            throw ApiException.Invalid("invalid_value", $"A field of the body is longer than {MaxFieldBytes} bytes.", name.Length <= 64 ? name : null);
        }

        _fields[name] = Encoding.UTF8.GetString(value, 0, count);
    }

    private static string BoundaryOf(HttpRequest request)
    {
        bool isMultipart = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase);
        string boundary = isMultipart ? HeaderUtilities.RemoveQuotes(type!.Boundary).ToString() : "";
        return boundary.Length is > 0 and <= 200
            ? boundary
            : throw new ApiException(
                415, "invalid_request_error", "unsupported_media_type", "The content type must be multipart/form-data with a boundary.");
    }
}
