using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Sparrow.Runtime.KvCache;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Models;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Hosting;
using Sparrow.Server.Options;
using Sparrow.Server.Storage.Revisions;

namespace Sparrow.Server.Api.Pool;

/// <summary><c>/v1/pool</c> (C §10): the models with their memory, and how they come and go.</summary>
internal static class PoolEndpoint
{
    private const double DefaultDrainSeconds = 30;
    private const double LongestSeconds = 86_400;

    private static readonly string[] s_read = ["GET", "HEAD"];

    public static IEndpointRouteBuilder MapPool(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/v1/pool").WithMetadata(new ScopeRequirement(Scopes.Admin)).WithTags("Operations");
        group.MapMethods("", s_read, Get).WithName("GetPool").WithSummary("The models with their memory, cache and load.");
        group.MapPost("/load", LoadAsync).WithName("LoadModel").WithSummary("Brings a model into memory; says how it is to be held.");
        group.MapPost("/unload", UnloadAsync).WithName("UnloadModel").WithSummary("Takes a model out of memory once its requests have ended.");
        group.MapMethods("/events", ["GET"], PoolEventStream.WriteAsync).WithName("GetPoolEvents").WithSummary("What happens in the pool, as server-sent events.");
        return routes;
    }

    private static JsonHttpResult<PoolView> Get(ModelPool pool, PoolMemory memory, TimeProvider time) =>
        TypedResults.Json(PoolView.Of(pool, memory, time), ApiJsonContext.Default.PoolView);

    private static async Task<JsonHttpResult<ModelObject>> LoadAsync(HttpContext context, PoolService models, RevisionStore revisions, ServerSettings settings)
    {
        using JsonDocument body = await RequestBody.ReadAsync(context, settings.Limits.RequestBodyBytes);
        RequestObject request = new(body.RootElement, "");
        PoolEntry entry = models.Pool.Get(RequestObject.Text(request.TakeRequired("model"), "model"));
        LoadOptions options = new()
        {
            Pin = request.TakeBoolean("pin"),
            KvProfile = Profile(request.TakeString("kv_profile")),
            MaxModelLength = (int?)request.TakeInteger("max_model_len", KvLayout.BlockTokens, int.MaxValue),
            TtlSeconds = request.TakeNumber("ttl_seconds", 0, LongestSeconds * 365),
        };
        IgnoredParameters.Report(context, request, settings.Api);
        bool isLoaded = await models.BeginLoadAsync(entry, options, context.RequestAborted);
        return Answer(entry, revisions, isLoaded ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
    }

    private static async Task<JsonHttpResult<ModelObject>> UnloadAsync(HttpContext context, PoolService models, RevisionStore revisions, ServerSettings settings)
    {
        using JsonDocument body = await RequestBody.ReadAsync(context, settings.Limits.RequestBodyBytes);
        RequestObject request = new(body.RootElement, "");
        PoolEntry entry = models.Pool.Get(RequestObject.Text(request.TakeRequired("model"), "model"));
        double drain = request.TakeNumber("drain_seconds", 0, LongestSeconds) ?? DefaultDrainSeconds;
        bool force = request.TakeBoolean("force") ?? false;
        IgnoredParameters.Report(context, request, settings.Api);
        models.BeginUnload(entry, TimeSpan.FromSeconds(drain), force);
        return Answer(entry, revisions, StatusCodes.Status202Accepted);
    }

    // Only precisions by name: a caller has no business with files of this machine.
    private static string? Profile(string? name) => name is null
        ? null
        : KvProfile.Presets.FirstOrDefault(preset => string.Equals(preset, name, StringComparison.OrdinalIgnoreCase))
            ?? throw ApiException.Invalid("invalid_value", $"Invalid value for 'kv_profile': expected one of {string.Join(", ", KvProfile.Presets)}.", "kv_profile");

    private static JsonHttpResult<ModelObject> Answer(PoolEntry entry, RevisionStore revisions, int status) =>
        TypedResults.Json(ModelObject.Of(entry, revisions), ApiJsonContext.Default.ModelObject, statusCode: status);
}
