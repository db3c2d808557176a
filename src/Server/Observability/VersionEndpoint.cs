using Sparrow.Runtime.Kernels;

namespace Sparrow.Server.Observability;

/// <summary><c>GET /version</c>: what this build is.</summary>
internal static class VersionEndpoint
{
    public static void MapVersion(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/version", () => Results.Json(new VersionFacts(
            BuildFacts.Version, BuildFacts.Commit, BuildFacts.Runtime, KernelSet.Best.Name, BuildFacts.SemanticConventions)))
            .WithName("GetVersion").WithTags("Operations").WithSummary("What this build is.").Produces<VersionFacts>();

    /// <summary>Facts of a build.</summary>
    internal sealed record VersionFacts(string Version, string Commit, string Runtime, string Backend, string Semconv);
}
