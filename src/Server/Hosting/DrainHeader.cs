namespace Sparrow.Server.Hosting;

/// <summary>H-4: while calls are refused, every answer asks its client to connect anew, which leads it to another server.</summary>
internal sealed class DrainHeader(RequestDelegate next, ServerState state)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (state.RefusesCalls && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }

        return next(context);
    }
}
