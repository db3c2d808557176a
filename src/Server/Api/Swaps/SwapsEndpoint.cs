using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Hosting.Swaps;
using Sparrow.Server.Options;
using Sparrow.Server.Storage;

namespace Sparrow.Server.Api.Swaps;

/// <summary><c>/v1/swaps</c> (C §10): hot swap and roll-back.</summary>
internal static class SwapsEndpoint
{
    private const int DefaultPage = 20;
    private const int MaxPage = 1000;
    private const double LongestDrainSeconds = 86_400;

    private static readonly string[] s_read = ["GET", "HEAD"];

    public static IEndpointRouteBuilder MapSwaps(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder swaps = routes.MapGroup("/v1/swaps").WithMetadata(new ScopeRequirement(Scopes.Admin)).WithTags("Swaps");
        swaps.MapPost("", CreateAsync).WithName("CreateSwap").WithSummary("Makes another revision the active one; 'previous' rolls back.");
        swaps.MapMethods("", s_read, List).WithName("ListSwaps").WithSummary("Swaps, newest first.");
        swaps.MapMethods("/{id}", s_read, Get).WithName("GetSwap").WithSummary("One swap.");
        swaps.MapPost("/{id}/cancel", Cancel).WithName("CancelSwap").WithSummary("Ends a swap before its flip.");
        return routes;
    }

    private static async Task<JsonHttpResult<SwapRecord>> CreateAsync(HttpContext context, SwapService swaps, IdempotentSwaps keys, ServerSettings settings)
    {
        using JsonDocument body = await RequestBody.ReadAsync(context, settings.Limits.RequestBodyBytes);
        SwapRequest request = Read(context, body.RootElement, settings);
        string owner = context.Features.GetRequiredFeature<Caller>().KeyName;
        SwapRecord swap = keys.Start(request, IdempotencyKey.Of(context.Request, owner, request.ToString()));
        return TypedResults.Json(swaps.Get(swap.Id), ApiJsonContext.Default.SwapRecord, statusCode: StatusCodes.Status202Accepted);
    }

    private static JsonHttpResult<SwapList> List(HttpContext context, SwapService swaps)
    {
        string? model = context.Request.Query["model"];
        ListPage<SwapRecord> page = ListPage<SwapRecord>.Of(
            context.Request.Query, swaps.List(string.IsNullOrEmpty(model) ? null : model), swap => swap.Id, DefaultPage, MaxPage);
        return TypedResults.Json(new SwapList(page.Items, page.FirstId, page.LastId, page.HasMore), ApiJsonContext.Default.SwapList);
    }

    private static JsonHttpResult<SwapRecord> Get(string id, SwapService swaps) => Answer(swaps.Get(id));

    private static JsonHttpResult<SwapRecord> Cancel(string id, SwapService swaps) => Answer(swaps.Cancel(id));

    private static SwapRequest Read(HttpContext context, JsonElement body, ServerSettings settings)
    {
        RequestObject request = new(body, "");
        string strategy = request.TakeString("strategy") ?? SwapStrategy.Auto;
        if (strategy is not (SwapStrategy.Auto or SwapStrategy.Parallel or SwapStrategy.Drain))
        {
            throw ApiException.Invalid("invalid_value", "Invalid value for 'strategy': expected auto, parallel or drain.", "strategy");
        }

        SwapRequest asked = new(
            RequestObject.Text(request.TakeRequired("model"), "model"),
            RequestObject.Text(request.TakeRequired("revision"), "revision"))
        {
            Strategy = strategy,
            Drain = request.TakeNumber("drain_seconds", 0, LongestDrainSeconds) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Probe = request.TakeBoolean("probe") ?? true,
        };
        IgnoredParameters.Report(context, request, settings.Api);
        return asked;
    }

    private static JsonHttpResult<SwapRecord> Answer(SwapRecord swap) => TypedResults.Json(swap, ApiJsonContext.Default.SwapRecord);
}
