using System.Globalization;
using Sparrow.Server.Hosting;

namespace Sparrow.Server.Api;

/// <summary>G-3 and G-4: the headers that every answer carries.</summary>
internal sealed class ResponseHeaders(RequestDelegate next, TimeProvider time)
{
    private const int LongestRequestId = 128;
    private const string RequestId = "x-request-id";

    public Task InvokeAsync(HttpContext context)
    {
        string? given = context.Request.Headers[RequestId];
        context.TraceIdentifier = IsRequestId(given) ? given! : ApiId.New("req_");
        context.Response.OnStarting(static state => ((Stamp)state).Apply(), new Stamp(context, time, time.GetTimestamp()));
        return next(context);
    }

    /// <summary>Names the model and revision that answers. A name may hold what a header cannot; that is escaped as in a URL.</summary>
    public static void SetModel(HttpContext context, ServedModel model, string? adapter = null) =>
        context.Response.Headers["x-sparrow-model"] = $"{HeaderText.Escape(ModelChoice.NameOf(model.Name, adapter))}@{model.Revision}";

    private static bool IsRequestId(string? id)
    {
        if (string.IsNullOrEmpty(id) || id.Length > LongestRequestId)
        {
            return false;
        }

        foreach (char character in id)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('.' or '_' or ':' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    private sealed record Stamp(HttpContext Context, TimeProvider Time, long Start)
    {
        public Task Apply()
        {
            IHeaderDictionary headers = Context.Response.Headers;
            headers[RequestId] = Context.TraceIdentifier;
            headers["openai-processing-ms"] = ((long)Time.GetElapsedTime(Start).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        }
    }
}
