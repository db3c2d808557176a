using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Files;
using Sparrow.Server.Storage.Uploads;

namespace Sparrow.Server.Api.Files;

/// <summary><c>/v1/files</c> (C §8): files that come in one piece, and all stored files.</summary>
internal static class FilesEndpoint
{
    private const long MaxFileBytes = 512L << 20;
    private const int MaxPage = 10_000;

    private static readonly string[] s_read = ["GET", "HEAD"];

    public static IEndpointRouteBuilder MapFiles(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder files = routes.MapGroup("/v1/files").WithMetadata(new ScopeRequirement(Scopes.Admin)).WithTags("Files");
        files.MapPost("", CreateAsync).WithName("CreateFile").WithSummary("Stores a file of up to 512 MiB, sent as multipart/form-data.");
        files.MapMethods("", s_read, List).WithName("ListFiles").WithSummary("Stored files.");
        files.MapMethods("/{id}", s_read, Get).WithName("GetFile").WithSummary("One file.");
        files.MapDelete("/{id}", Delete).WithName("DeleteFile").WithSummary("Deletes a file.");
        files.MapMethods("/{id}/content", s_read, Content).WithName("GetFileContent").WithSummary("A file's bytes; ranges work.");
        return routes;
    }

    private static async Task<JsonHttpResult<FileObject>> CreateAsync(HttpContext context, FileStore files, UploadStore uploads)
    {
        uploads.RequireSpace(context.Request.ContentLength ?? 0);
        MultipartBody body = await MultipartBody.ReadAsync(
            context,
            "file",
            MaxFileBytes,
            content => StagedFile.WriteAsync(content, files.NewTemporaryPath(), MaxFileBytes, TooLarge, context.RequestAborted));
        try
        {
            StagedFile staged = body.File ?? throw Missing("file");
            string purpose = FilePurpose.Require(body.Field("purpose") ?? throw Missing("purpose"));
            string name = FileName.Require(body.FileName);
            long? expires = ExpiryOf(body);
            string owner = context.Features.GetRequiredFeature<Caller>().KeyName;
            IdempotencyKey? key = IdempotencyKey.Of(context.Request, owner, $"{staged.Sha256}\n{name}\n{purpose}\n{expires}");
            return Answer(files.Add(staged, name, purpose, expires, owner, key));
        }
        catch
        {
            body.Discard();
            throw;
        }
    }

    private static JsonHttpResult<FileList> List(HttpContext context, FileStore files)
    {
        string? purpose = context.Request.Query["purpose"];
        FileRecord[] chosen = [.. files.List().Where(file => string.IsNullOrEmpty(purpose) || file.Purpose == purpose)];
        ListPage<FileRecord> page = ListPage<FileRecord>.Of(context.Request.Query, chosen, file => file.Id, MaxPage, MaxPage);
        return TypedResults.Json(
            new FileList([.. page.Items.Select(FileObject.Of)], page.FirstId, page.LastId, page.HasMore),
            ApiJsonContext.Default.FileList);
    }

    private static JsonHttpResult<FileObject> Get(string id, FileStore files) => Answer(files.Get(id));

    private static JsonHttpResult<DeletedFile> Delete(string id, FileStore files)
    {
        files.Delete(id);
        return TypedResults.Json(new DeletedFile(id, "file", true), ApiJsonContext.Default.DeletedFile);
    }

    /// <summary>U-8: ranges, and the digest as a strong tag.</summary>
    private static PhysicalFileHttpResult Content(string id, FileStore files)
    {
        FileRecord file = files.Get(id);
        return TypedResults.PhysicalFile(
            files.PathOf(file),
            "application/octet-stream",
            file.Filename,
            DateTimeOffset.FromUnixTimeSeconds(file.CreatedAt),
            new EntityTagHeaderValue($"\"{file.Sha256}\""),
            enableRangeProcessing: true);
    }

    // Clients spell the nested object as fields of the form.
    private static long? ExpiryOf(MultipartBody body)
    {
        if (body.Field("expires_after[seconds]") is not { } text)
        {
            return null;
        }

        bool isValid = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            && seconds is >= FileExpiry.LeastSeconds and <= FileExpiry.MostSeconds
            && body.Field("expires_after[anchor]") is null or "created_at";
        return isValid ? seconds : throw FileExpiry.Invalid();
    }

    private static JsonHttpResult<FileObject> Answer(FileRecord file) => TypedResults.Json(FileObject.Of(file), ApiJsonContext.Default.FileObject);

    private static ApiException Missing(string name) =>
        ApiException.Invalid("missing_required_parameter", $"Missing required parameter: '{name}'.", name);

    private static ApiException TooLarge() => new(
        413,
        "invalid_request_error",
        "request_too_large",
        $"A file may have {MaxFileBytes} bytes here; larger ones go to /v1/uploads in parts.",
        "file",
        new { max_bytes = MaxFileBytes });
}
