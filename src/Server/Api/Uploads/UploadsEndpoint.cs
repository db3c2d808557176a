using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Files;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Options;
using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Files;
using Sparrow.Server.Storage.Uploads;

namespace Sparrow.Server.Api.Uploads;

/// <summary><c>/v1/uploads</c> (C §8): large files in parts, in any order, resumable.</summary>
internal static class UploadsEndpoint
{
    private static readonly string[] s_read = ["GET", "HEAD"];

    public static IEndpointRouteBuilder MapUploads(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder uploads = routes.MapGroup("/v1/uploads").WithMetadata(new ScopeRequirement(Scopes.Admin)).WithTags("Uploads");
        uploads.MapPost("", CreateAsync).WithName("CreateUpload").WithSummary("Begins an upload and reserves its space.");
        uploads.MapMethods("/{id}", s_read, Get).WithName("GetUpload").WithSummary("One upload.");
        uploads.MapMethods("/{id}/parts", s_read, ListParts).WithName("ListUploadParts").WithSummary("The parts received so far.");
        uploads.MapPost("/{id}/parts", AddPartAsync).WithName("AddUploadPart").WithSummary("Takes a part as multipart/form-data.");
        uploads.MapPut("/{id}/parts/{number}", PutPartAsync).WithName("PutUploadPart").WithSummary("Takes a part as raw bytes.");
        uploads.MapPost("/{id}/complete", CompleteAsync).WithName("CompleteUpload").WithSummary("Makes a file of the parts.");
        uploads.MapPost("/{id}/cancel", Cancel).WithName("CancelUpload").WithSummary("Drops an upload.");
        return routes;
    }

    private static async Task<JsonHttpResult<UploadObject>> CreateAsync(HttpContext context, UploadStore uploads, FileStore files, ServerSettings settings)
    {
        using JsonDocument body = await RequestBody.ReadAsync(context, settings.Limits.RequestBodyBytes);
        string owner = context.Features.GetRequiredFeature<Caller>().KeyName;
        NewUpload asked = UploadRequests.ReadNew(context, body.RootElement, owner, settings.Api);
        return Answer(uploads.Create(asked, IdempotencyKey.Of(context.Request, owner, asked.ToString())), uploads, files);
    }

    private static JsonHttpResult<UploadObject> Get(string id, UploadStore uploads, FileStore files) => Answer(uploads.Get(id), uploads, files);

    private static JsonHttpResult<PartList> ListParts(HttpContext context, string id, UploadStore uploads)
    {
        ListPage<PartRecord> page = ListPage<PartRecord>.Of(
            context.Request.Query, uploads.PartsOf(uploads.Get(id)), part => part.Id, UploadStore.MaxPartNumber, UploadStore.MaxPartNumber, "asc");
        return TypedResults.Json(
            new PartList([.. page.Items.Select(PartObject.Of)], page.FirstId, page.LastId, page.HasMore),
            ApiJsonContext.Default.PartList);
    }

    private static async Task<JsonHttpResult<PartObject>> AddPartAsync(HttpContext context, string id, UploadStore uploads)
    {
        MultipartBody body = await MultipartBody.ReadAsync(
            context, "data", UploadStore.MaxPartBytes, content => uploads.StagePartAsync(id, content, context.RequestAborted));
        try
        {
            IQueryCollection query = context.Request.Query;
            StagedFile staged = body.File
                ?? throw ApiException.Invalid("missing_required_parameter", "Missing required parameter: 'data'.", "data");
            int? number = UploadRequests.PartNumber(body.Field("part_number") ?? query["part_number"]);
            string? sha256 = UploadRequests.Sha256(body.Field("sha256") ?? query["sha256"]);
            return Answer(uploads.AddPart(id, staged, number, sha256));
        }
        catch
        {
            body.Discard();
            throw;
        }
    }

    private static async Task<JsonHttpResult<PartObject>> PutPartAsync(HttpContext context, string id, string number, UploadStore uploads)
    {
        int? partNumber = UploadRequests.PartNumber(number);
        string? sha256 = UploadRequests.Sha256(context.Request.Headers["x-content-sha256"]);
        long length = context.Request.ContentLength
            ?? throw ApiException.Invalid("missing_required_parameter", "The header Content-Length is required.", "Content-Length");
        if (length > UploadStore.MaxPartBytes)
        {
            throw UploadStore.PartTooLarge();
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = UploadStore.MaxPartBytes;
        }

        StagedFile staged = await uploads.StagePartAsync(id, context.Request.Body, context.RequestAborted);
        return Answer(uploads.AddPart(id, staged, partNumber, sha256));
    }

    private static async Task<JsonHttpResult<UploadObject>> CompleteAsync(
        HttpContext context, string id, UploadStore uploads, FileStore files, ServerSettings settings)
    {
        using JsonDocument body = await RequestBody.ReadAsync(context, settings.Limits.RequestBodyBytes);
        (IReadOnlyList<string> partIds, string? md5, string? sha256) = UploadRequests.ReadCompletion(context, body.RootElement, settings.Api);
        return Answer(await uploads.CompleteAsync(id, partIds, md5, sha256, context.RequestAborted), uploads, files);
    }

    private static JsonHttpResult<UploadObject> Cancel(string id, UploadStore uploads, FileStore files) =>
        Answer(uploads.Cancel(id), uploads, files);

    private static JsonHttpResult<UploadObject> Answer(UploadRecord upload, UploadStore uploads, FileStore files) =>
        TypedResults.Json(UploadObject.Of(upload, uploads, files), ApiJsonContext.Default.UploadObject);

    private static JsonHttpResult<PartObject> Answer(PartRecord part) => TypedResults.Json(PartObject.Of(part), ApiJsonContext.Default.PartObject);
}
