using Sparrow.Server.Api.Errors;
using Sparrow.Server.Observability;
using Sparrow.Server.Options;

namespace Sparrow.Server.Admission;

/// <summary>Who is calling, and may they (C §3). Sets the <see cref="Caller"/> of the request.</summary>
internal sealed class Authentication(RequestDelegate next, KeyStore keys, KeyRate rate, ServerSettings settings)
{
    private const string BearerPrefix = "Bearer ";

    private readonly int? _managementPort = settings.Server.ManagementUrl is { } url ? new Uri(url).Port : null;

    public Task InvokeAsync(HttpContext context)
    {
        EndpointMetadataCollection? metadata = context.GetEndpoint()?.Metadata;
        bool isProbe = metadata?.GetMetadata<OpenEndpoint>() is not null;
        string scope = metadata?.GetMetadata<ScopeRequirement>()?.Scope ?? Scopes.Inference;
        bool isOnManagementPort = _managementPort is { } port && context.Connection.LocalPort == port;

        // S-6: with a port of its own, metrics are there and nowhere else, and nothing else is there but probes.
        if (_managementPort is not null && !isProbe && isOnManagementPort != (scope == Scopes.Management))
        {
            context.SetEndpoint(null);
            throw new ApiException(404, "invalid_request_error", "not_found", $"There is nothing at '{context.Request.Path}' on this port.");
        }

        if (!keys.IsConfigured || isProbe || isOnManagementPort)
        {
            context.Features.Set(Caller.Anonymous);
            return next(context);
        }

        ApiKey key = Presented(context.Request) is { } presented && keys.Find(presented) is { } known
            ? known
            : throw new ApiException(401, "authentication_error", "invalid_api_key", "This server needs a valid API key, as 'Authorization: Bearer …' or 'X-Api-Key: …'.");
        context.Features.Set(key.Caller);
        bool mayPass = key.Scopes.Contains(scope) || (scope == Scopes.Management && key.Scopes.Contains(Scopes.Admin));
        if (!mayPass)
        {
            throw new ApiException(403, "permission_error", "permission_denied", $"The key '{key.Caller.KeyName}' lacks the scope '{scope}'.");
        }

        rate.Count(key.Caller);
        return next(context);
    }

    private static string? Presented(HttpRequest request)
    {
        string? authorization = request.Headers.Authorization;
        if (authorization is not null && authorization.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return authorization[BearerPrefix.Length..].Trim();
        }

        string? header = request.Headers["X-Api-Key"];
        return string.IsNullOrEmpty(header) ? null : header;
    }
}
