using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Jobs;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Hosting;
using Sparrow.Server.Jobs;
using Sparrow.Server.Options;
using Sparrow.Server.Storage.Revisions;

namespace Sparrow.Server.Api.Models;

/// <summary><c>POST /v1/models</c> and <c>DELETE /v1/models/{id}</c> (C §2).</summary>
internal static class ModelImportEndpoint
{
    private const int LongestName = 200;

    public static IEndpointRouteBuilder MapModelImport(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/models", CreateAsync).WithMetadata(new ScopeRequirement(Scopes.Admin))
            .WithName("CreateModel").WithTags("Models").WithSummary("Makes stored files a model, or a further revision of one.");
        routes.MapDelete("/v1/models/{**id}", Delete).WithMetadata(new ScopeRequirement(Scopes.Admin))
            .WithName("DeleteModel").WithTags("Models").WithSummary("Removes a model that is not loaded, with all its revisions.");
        return routes;
    }

    private static async Task<JsonHttpResult<ModelObject>> CreateAsync(
        HttpContext context, ModelImports imports, JobRequests jobs, RevisionStore revisions, ServerSettings settings)
    {
        using JsonDocument body = await RequestBody.ReadAsync(context, settings.Limits.RequestBodyBytes);
        RequestObject request = new(body.RootElement, "");
        string name = RequestObject.Text(request.TakeRequired("model"), "model");
        if (name.Length is 0 or > LongestName || name.Contains('@', StringComparison.Ordinal) || name.Any(char.IsControl))
        {
            throw ApiException.Invalid("invalid_value", $"Invalid value for 'model': expected 1 to {LongestName} characters without '@' and control characters.", "model");
        }

        if (!request.Has("source"))
        {
            throw ApiException.Invalid("missing_required_parameter", "Missing required parameter: 'source'.", "source");
        }

        (IReadOnlyList<JobSourceFile> files, string? hub) = jobs.ReadSource(request);
        if (hub is not null)
        {
            throw ApiException.Unsupported("source.hub", "upload the files, or name the model when the server is started");
        }

        (string FileId, string Path)[] parts = [.. files.Select(file => (file.FileId, file.Path))];
        IgnoredParameters.Report(context, request, settings.Api);
        (PoolEntry entry, string revision) = imports.Begin(name, parts);
        context.Response.Headers["x-sparrow-revision"] = revision;
        return TypedResults.Json(ModelObject.Of(entry, revisions), ApiJsonContext.Default.ModelObject, statusCode: StatusCodes.Status202Accepted);
    }

    private static JsonHttpResult<DeletedObject> Delete(HttpContext context, string? id, ModelImports imports)
    {
        if (string.IsNullOrEmpty(id))
        {
            // The pattern takes the empty name too, for which there is no such method.
            context.Response.Headers.Allow = "GET, HEAD, POST";
            throw new ApiException(405, "invalid_request_error", "method_not_allowed", "The list of models cannot be deleted.");
        }

        string name = Uri.UnescapeDataString(id);
        imports.Delete(name);
        return TypedResults.Json(new DeletedObject(name, "model"), ApiJsonContext.Default.DeletedObject);
    }
}
