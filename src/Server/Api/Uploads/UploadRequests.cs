using System.Text.Json;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Files;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Options;
using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Uploads;

namespace Sparrow.Server.Api.Uploads;

/// <summary>Reads and checks what callers ask of uploads.</summary>
internal static class UploadRequests
{
    private const int Sha256Length = 64;
    private const int Md5Length = 32;

    /// <exception cref="ApiException">400.</exception>
    public static NewUpload ReadNew(HttpContext context, JsonElement body, string owner, ApiSettings settings)
    {
        RequestObject request = new(body, "");
        long bytes = RequestObject.Integer(request.TakeRequired("bytes"), "bytes", 1, long.MaxValue);
        if (bytes > UploadStore.MaxBytes)
        {
            throw ApiException.Invalid(
                "file_too_large", $"An upload may have {UploadStore.MaxBytes} bytes, but {bytes} were announced.", "bytes", new { max_bytes = UploadStore.MaxBytes });
        }

        NewUpload upload = new(
            FileName.Require(RequestObject.Text(request.TakeRequired("filename"), "filename")),
            FilePurpose.Require(RequestObject.Text(request.TakeRequired("purpose"), "purpose")),
            bytes,
            request.TakeString("mime_type", 0, 255),
            Digest(request.TakeString("sha256"), "sha256", Sha256Length),
            request.TakeInteger("part_size", 1, UploadStore.MaxPartBytes) ?? UploadStore.MaxPartBytes,
            ExpiryOf(request),
            owner);
        IgnoredParameters.Report(context, request, settings);
        return upload;
    }

    /// <exception cref="ApiException">400.</exception>
    public static (IReadOnlyList<string> PartIds, string? Md5, string? Sha256) ReadCompletion(HttpContext context, JsonElement body, ApiSettings settings)
    {
        RequestObject request = new(body, "");
        JsonElement list = request.TakeRequired("part_ids");
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw RequestObject.WrongType("part_ids", "an array of ids", list);
        }

        if (list.GetArrayLength() > UploadStore.MaxPartNumber)
        {
            throw ApiException.Invalid("invalid_value", $"An upload has at most {UploadStore.MaxPartNumber} parts.", "part_ids");
        }

        string[] ids = [.. list.EnumerateArray().Select((id, index) => RequestObject.Text(id, $"part_ids[{index}]"))];
        string? md5 = Digest(request.TakeString("md5"), "md5", Md5Length);
        string? sha256 = Digest(request.TakeString("sha256"), "sha256", Sha256Length);
        IgnoredParameters.Report(context, request, settings);
        return (ids, md5, sha256);
    }

    /// <summary>A SHA-256 in a form, a query or a header.</summary>
    /// <exception cref="ApiException">400.</exception>
    public static string? Sha256(string? text) => Digest(string.IsNullOrEmpty(text) ? null : text, "sha256", Sha256Length);

    /// <summary>A part's number in a form, a query or a path.</summary>
    /// <exception cref="ApiException">400.</exception>
    public static int? PartNumber(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return int.TryParse(text, out int number) && number is >= 1 and <= UploadStore.MaxPartNumber
            ? number
            : throw ApiException.Invalid("invalid_value", $"Invalid value for 'part_number': expected 1 to {UploadStore.MaxPartNumber}.", "part_number");
    }

    private static long? ExpiryOf(RequestObject request)
    {
        if (!request.TryTake("expires_after", out JsonElement element))
        {
            return null;
        }

        RequestObject expiry = new(element, "expires_after");
        long seconds = RequestObject.Integer(
            expiry.TakeRequired("seconds"), "expires_after.seconds", FileExpiry.LeastSeconds, FileExpiry.MostSeconds);
        string? anchor = expiry.TakeString("anchor");
        request.Ignore(expiry);
        return anchor is null or "created_at" ? seconds : throw FileExpiry.Invalid();
    }

    private static string? Digest(string? text, string name, int length)
    {
        if (text is null)
        {
            return null;
        }

        return text.Length == length && text.All(char.IsAsciiHexDigit)
            ? text.ToLowerInvariant()
            : throw ApiException.Invalid("invalid_value", $"Invalid value for '{name}': expected {length} hexadecimal digits.", name);
    }
}
