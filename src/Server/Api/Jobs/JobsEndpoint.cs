using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using Sparrow.Compression.Artifacts;
using Sparrow.Compression.Recipes;
using Sparrow.Runtime.KvCache;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Jobs;
using Sparrow.Server.Options;
using Sparrow.Server.Storage;

namespace Sparrow.Server.Api.Jobs;

/// <summary><c>/v1/compression</c> (C §9), and the same jobs at <c>/v1/fine_tuning/jobs</c>.</summary>
internal static class JobsEndpoint
{
    private const int DefaultPage = 20;
    private const int MaxPage = 1000;

    private static readonly string[] s_read = ["GET", "HEAD"];

    public static IEndpointRouteBuilder MapJobs(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder compression = routes.MapGroup("/v1/compression").WithMetadata(new ScopeRequirement(Scopes.Admin)).WithTags("Compression");
        compression.MapPost("/estimates", EstimateAsync).WithName("CreateEstimate").WithSummary("What a job would take; changes nothing.");
        compression.MapMethods("/schemes", s_read, Schemes).WithName("ListSchemes").WithSummary("What this build can produce and serve.");
        Map(routes, JobFlavor.Compression, "Compression", "");
        Map(routes, JobFlavor.FineTuning, "Fine-tuning", "FineTuning");
        return routes;
    }

    private static void Map(IEndpointRouteBuilder routes, JobFlavor flavor, string tag, string prefix)
    {
        RouteGroupBuilder group = routes.MapGroup(flavor.Path).WithMetadata(new ScopeRequirement(Scopes.Admin)).WithTags(tag);
        group.MapPost("", (HttpContext context, JobRequests requests, JobStore jobs, JobService service, ServerSettings settings) =>
            CreateAsync(context, requests, jobs, service, settings, flavor)).WithName($"Create{prefix}Job").WithSummary("Begins a compression job.");
        group.MapMethods("", s_read, (HttpContext context, JobStore jobs, JobService service) => List(context, jobs, service, flavor))
            .WithName($"List{prefix}Jobs").WithSummary("Jobs, newest first.");
        group.MapMethods("/{id}", s_read, (string id, JobStore jobs, JobService service) => Answer(service.Now(jobs.Get(id)), flavor))
            .WithName($"Get{prefix}Job").WithSummary("One job.");
        group.MapDelete("/{id}", (string id, JobService service) => Delete(id, service, flavor))
            .WithName($"Delete{prefix}Job").WithSummary("Removes a finished job.");
        group.MapPost("/{id}/cancel", async (string id, JobService service, HttpContext context) =>
            Answer(service.Now(await service.CancelAsync(id, context.RequestAborted)), flavor)).WithName($"Cancel{prefix}Job").WithSummary("Ends a job.");
        group.MapPost("/{id}/pause", async (string id, JobService service, HttpContext context) =>
            Answer(service.Now(await service.PauseAsync(id, context.RequestAborted)), flavor)).WithName($"Pause{prefix}Job").WithSummary("Stops a job for now.");
        group.MapPost("/{id}/resume", async (string id, JobService service, HttpContext context) =>
            Answer(service.Now(await service.ResumeAsync(id, context.RequestAborted)), flavor)).WithName($"Resume{prefix}Job").WithSummary("Lets a paused job go on.");
        group.MapMethods("/{id}/events", s_read, (string id, HttpContext context, JobStore jobs, JobEventStream stream) => EventsAsync(id, context, jobs, stream, flavor))
            .WithName($"List{prefix}JobEvents").WithSummary("What happened, newest first; as it happens with Accept: text/event-stream.");
        group.MapMethods("/{id}/checkpoints", s_read, (string id, HttpContext context, JobStore jobs) => Checkpoints(id, context, jobs, flavor))
            .WithName($"List{prefix}JobCheckpoints").WithSummary("Points from which the job goes on after a restart.");
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, JobRequests requests, JobStore jobs, JobService service, ServerSettings settings, JobFlavor flavor)
    {
        using JsonDocument body = await RequestBody.ReadAsync(context, settings.Limits.RequestBodyBytes);
        JobSpec spec = requests.Read(context, body.RootElement, flavor, settings.Api);
        string owner = context.Features.GetRequiredFeature<Caller>().KeyName;
        IdempotencyKey? key = IdempotencyKey.Of(context.Request, owner, JobRequests.TextOf(body.RootElement));
        return Answer(service.Now(jobs.Create(spec, owner, key)), flavor);
    }

    private static async Task<IResult> EstimateAsync(HttpContext context, JobRequests requests, JobEstimates estimates, ServerSettings settings)
    {
        using JsonDocument body = await RequestBody.ReadAsync(context, settings.Limits.RequestBodyBytes);
        JobSpec spec = requests.Read(context, body.RootElement, JobFlavor.Compression, settings.Api);
        return Json(await Task.Run(() => estimates.Estimate(spec, context.RequestAborted), context.RequestAborted));
    }

    private static IResult Schemes() => Json(new JsonObject
    {
        ["object"] = "compression.schemes",
        ["recipe_version"] = CompressionRecipe.CurrentVersion,
        ["recipe_schema"] = RecipeSchema.Create(),
        ["presets"] = new JsonArray([.. RecipePresets.Names.Select(name => new JsonObject { ["name"] = name, ["recipe"] = JsonNode.Parse(RecipePresets.Read(name)) })]),
        ["output_formats"] = new JsonArray([.. LinearFormats.Names.Select(name => JsonValue.Create(name))]),
        ["kv_profiles"] = new JsonArray([.. KvProfile.Presets.Select(name => JsonValue.Create(name))]),
        ["method_types"] = new JsonArray("preset", "recipe"),
        ["deploy_modes"] = new JsonArray("none", "load", "swap"),
    });

    private static IResult List(HttpContext context, JobStore jobs, JobService service, JobFlavor flavor)
    {
        IQueryCollection query = context.Request.Query;
        string? status = query["status"];
        if (!string.IsNullOrEmpty(status) && !JobStatus.All.Contains(status))
        {
            throw ApiException.Invalid("invalid_value", $"Invalid value for 'status': expected one of {string.Join(", ", JobStatus.All)}.", "status");
        }

        (string Key, string Value)[] metadata =
        [
            .. query.Where(pair => pair.Key.StartsWith("metadata[", StringComparison.Ordinal) && pair.Key.EndsWith(']'))
                .Select(pair => (pair.Key["metadata[".Length..^1], pair.Value.ToString())),
        ];
        JobRecord[] chosen =
        [
            .. jobs.List().Where(job => (string.IsNullOrEmpty(status) || job.Status == status)
                && metadata.All(pair => job.Spec.Metadata.TryGetValue(pair.Key, out string? value) && value == pair.Value)),
        ];
        ListPage<JobRecord> page = ListPage<JobRecord>.Of(query, chosen, job => job.Id, DefaultPage, MaxPage);
        return Json(JobJson.Page(page, job => JobJson.Of(service.Now(job), flavor)));
    }

    private static IResult Delete(string id, JobService service, JobFlavor flavor)
    {
        service.Delete(id);
        return Json(new JsonObject { ["id"] = id, ["object"] = $"{flavor.Object}.deleted", ["deleted"] = true });
    }

    private static async Task EventsAsync(string id, HttpContext context, JobStore jobs, JobEventStream stream, JobFlavor flavor)
    {
        JobRecord job = jobs.Get(id);
        bool wantsStream = context.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);
        if (wantsStream && HttpMethods.IsGet(context.Request.Method))
        {
            string? after = context.Request.Headers["Last-Event-ID"];
            await stream.WriteAsync(context, job.Id, string.IsNullOrEmpty(after) ? context.Request.Query["after"] : after, flavor);
            return;
        }

        ListPage<JobEvent> page = ListPage<JobEvent>.Of(context.Request.Query, jobs.EventsOf(id), told => told.Id, DefaultPage, MaxPage);
        await Json(JobJson.Page(page, told => JobJson.Of(told, flavor))).ExecuteAsync(context);
    }

    private static IResult Checkpoints(string id, HttpContext context, JobStore jobs, JobFlavor flavor)
    {
        JobRecord job = jobs.Get(id);
        ListPage<JobCheckpoint> page = ListPage<JobCheckpoint>.Of(context.Request.Query, jobs.CheckpointsOf(id), point => point.Id, DefaultPage, MaxPage);
        return Json(JobJson.Page(page, point => JobJson.Of(point, job, flavor)));
    }

    private static IResult Answer(JobRecord job, JobFlavor flavor) => Json(JobJson.Of(job, flavor));

    private static IResult Json(JsonObject json) => Results.Text(json.ToJsonString(), "application/json");
}
