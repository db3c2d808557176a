using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Hosting;

/// <summary>What an operator can tell a running server: leave and re-enter rotation (H-4, H-5), empty the prefix caches.</summary>
internal static class AdminEndpoints
{
    public static void MapAdmin(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder admin = routes.MapGroup("/v1/admin").WithMetadata(new ScopeRequirement(Scopes.Admin)).WithTags("Operations");
        admin.MapPost("/drain", (Drain drain, ServerState state) =>
        {
            drain.Begin();
            return Describe(state);
        }).WithSummary("Turns not ready at once, and refuses new calls after Shutdown:DelaySeconds.");
        admin.MapDelete("/drain", (Drain drain, ServerState state) => drain.TryEnd()
            ? Describe(state)
            : throw new ApiException(409, "conflict_error", "invalid_state", "The server is being stopped, which cannot be taken back."))
            .WithSummary("Returns to service.");
        admin.MapPost("/prefix_cache/reset", (ModelPool pool) =>
        {
            foreach (ServedModel model in pool.Models)
            {
                model.Engine.ResetPrefixCache();
            }

            return Results.Json(new PrefixCacheView("prefix_cache", pool.Models.Count));
        }).WithSummary("Empties the prefix caches; running requests are not disturbed.");
    }

    private static IResult Describe(ServerState state) => Results.Json(new DrainView("drain", state.IsDraining, state.RefusesCalls));

    /// <summary>Whether the server leaves.</summary>
    internal sealed record DrainView(string Object, bool Draining, bool Refusing);

    /// <summary>The caches that were emptied.</summary>
    internal sealed record PrefixCacheView(string Object, int Models);
}
