using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using Sparrow.Server.Jobs;
using Sparrow.Server.Options;

namespace Sparrow.Server.Api.Jobs;

/// <summary>
/// A job's events as they come (C §9.4). Each has its id, so that a reader that was cut off goes on behind the last one it saw; what keeps the connection
/// alive is an event too, without an id of its own on the wire, so that it is never what a reader goes on from.
/// </summary>
internal sealed class JobEventStream(JobStore jobs, ServerSettings settings, TimeProvider time, IHostApplicationLifetime lifetime)
{
    /// <summary>Sends events until the job has ended or the reader has gone.</summary>
    /// <param name="context">Of the request.</param>
    /// <param name="id">The job.</param>
    /// <param name="after">The last event seen; null or unknown: all are sent.</param>
    /// <param name="flavor">What the objects are called.</param>
    public async Task WriteAsync(HttpContext context, string id, string? after, JobFlavor flavor)
    {
        using CancellationTokenSource gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        HttpResponse response = context.Response;
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache, no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            await response.StartAsync(gone.Token);
            await FollowAsync(response.BodyWriter, id, after, flavor, gone.Token);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The reader has gone, or the server ends: without the end mark a reader knows that there is more.
        }
    }

    private async Task FollowAsync(PipeWriter pipe, string id, string? after, JobFlavor flavor, CancellationToken gone)
    {
        int sent = 0;
        while (true)
        {
            // Taken before looking: what comes while we look wakes us again.
            Task changed = jobs.Changed;
            bool isFinished = jobs.Find(id) is not { IsFinished: false };
            IReadOnlyList<JobEvent> events = jobs.EventsOf(id);
            if (after is not null)
            {
                sent = IndexAfter(events, after);
                after = null;
            }

            for (; sent < events.Count; sent++)
            {
                Write(pipe, JobJson.Of(events[sent], flavor), events[sent].Id);
            }

            if (isFinished)
            {
                pipe.Write("data: [DONE]\n\n"u8);
                await pipe.FlushAsync(gone);
                return;
            }

            await pipe.FlushAsync(gone);
            if (!await ChangesAsync(changed, gone))
            {
                Write(pipe, JobJson.Of(jobs.Event("info", "heartbeat", "The job is alive."), flavor), null);
            }
        }
    }

    private async Task<bool> ChangesAsync(Task changed, CancellationToken gone)
    {
        TimeSpan keepAlive = settings.Streaming.KeepAlive;
        try
        {
            await changed.WaitAsync(keepAlive > TimeSpan.Zero ? keepAlive : Timeout.InfiniteTimeSpan, time, gone);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static int IndexAfter(IReadOnlyList<JobEvent> events, string after)
    {
        for (int i = 0; i < events.Count; i++)
        {
            if (events[i].Id == after)
            {
                return i + 1;
            }
        }

        return 0;
    }

    private static void Write(PipeWriter pipe, JsonObject json, string? id)
    {
        string name = id is null ? "" : $"id: {id}\n";
        Encoding.UTF8.GetBytes($"{name}data: {json.ToJsonString()}\n\n", pipe);
    }
}
