using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Api;

/// <summary>Paths of the contract's later phases: known, and answered with 501, so that callers can tell them from a wrong path.</summary>
internal static class NotImplementedEndpoints
{
    private static readonly string[] s_paths =
    [
        "/v1/embeddings", "/v1/responses/{**rest}", "/v1/aliases/{**rest}", "/v1/load_lora_adapter",
        "/v1/unload_lora_adapter", "/v1/admin/requests/{**rest}", "/v1/admin/config",
    ];

    public static IEndpointRouteBuilder MapNotImplemented(this IEndpointRouteBuilder routes)
    {
        foreach (string path in s_paths)
        {
            routes.Map(path, (RequestDelegate)Refuse).ExcludeFromDescription();
        }

        return routes;
    }

    private static Task Refuse(HttpContext context) =>
        throw new ApiException(501, "invalid_request_error", "not_implemented", $"'{context.Request.Path}' is not part of this release.");
}
