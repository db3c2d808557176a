using System.Globalization;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Observability;

namespace Sparrow.Server.Admission;

/// <summary>
/// One line for each call to an admin endpoint, refused ones too: who, from where, what, on which thing, with which result. Its category is
/// <c>Sparrow.Audit</c>, so that it can be sent elsewhere or kept longer. Calls that change nothing are logged at debug level only.
/// </summary>
internal sealed partial class AuditLog(RequestDelegate next, ILoggerFactory loggers)
{
    public const string Category = "Sparrow.Audit";

    private readonly ILogger _logger = loggers.CreateLogger(Category);

    public Task InvokeAsync(HttpContext context)
    {
        bool isAdmin = context.GetEndpoint()?.Metadata.GetMetadata<ScopeRequirement>()?.Scope == Scopes.Admin;
        bool isRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        return isAdmin && _logger.IsEnabled(isRead ? LogLevel.Debug : LogLevel.Information) ? RunAsync(context, isRead) : next(context);
    }

    private async Task RunAsync(HttpContext context, bool isRead)
    {
        AuditTarget.Watch(context.Request);
        try
        {
            await next(context);
            await WriteAsync(context, isRead, context.Response.StatusCode, code: null);
        }
        catch (ApiException exception)
        {
            await WriteAsync(context, isRead, exception.Status, exception.Code);
            throw;
        }
        catch (Exception exception)
        {
            await WriteAsync(context, isRead, StatusCodes.Status500InternalServerError, exception.GetType().Name);
            throw;
        }
    }

    private async Task WriteAsync(HttpContext context, bool isRead, int status, string? code)
    {
        string route = ((context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? context.Request.Path.Value ?? "").TrimEnd('/');
        string who = context.Features.Get<Caller>()?.KeyName ?? "unknown";
        string from = context.Connection.RemoteIpAddress?.ToString() ?? "unknown";
        string target = await AuditTarget.ReadAsync(context);
        string result = string.Create(CultureInfo.InvariantCulture, $"{status}{(code is null ? "" : " ")}{code}");
        if (isRead)
        {
            Log.Read(_logger, who, from, context.Request.Method, route, target, result, context.TraceIdentifier);
        }
        else
        {
            Log.Changed(_logger, who, from, context.Request.Method, route, target, result, context.TraceIdentifier);
        }
    }

#pragma warning disable SYSLIB1015 // The request's id is a member of the JSON line and not of the sentence.
    private static partial class Log
    {
        [LoggerMessage(EventIds.Audited, LogLevel.Information, "{Who} at {From}: {Method} {Route} on '{Target}': {Result}")]
        public static partial void Changed(
            ILogger logger, string who, string from, string method, string route, string target, string result, string requestId);

        [LoggerMessage(EventIds.AuditedRead, LogLevel.Debug, "{Who} at {From}: {Method} {Route} on '{Target}': {Result}")]
        public static partial void Read(
            ILogger logger, string who, string from, string method, string route, string target, string result, string requestId);
    }
#pragma warning restore SYSLIB1015
}
