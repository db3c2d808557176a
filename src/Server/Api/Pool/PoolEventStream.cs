using System.Buffers;
using System.Text;
using System.Text.Json;
using Sparrow.Server.Hosting;
using Sparrow.Server.Options;

namespace Sparrow.Server.Api.Pool;

/// <summary><c>GET /v1/pool/events</c> by the rules of C §9.4: ids, a heartbeat as a full event, and a return without loss.</summary>
internal static class PoolEventStream
{
    // Where keep-alive comments are turned off, this stream still needs a sign of life.
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(15);

    public static async Task WriteAsync(HttpContext context, PoolEvents events, IHostApplicationLifetime lifetime, ServerSettings settings, TimeProvider time)
    {
        // No comments (T-2): a client's decoder that has seen an id makes an empty event of each.
        ServerSentEvents stream = new(context, settings.Streaming with { KeepAlive = TimeSpan.Zero }, time);
        TimeSpan heartbeat = settings.Streaming.KeepAlive > TimeSpan.Zero ? settings.Streaming.KeepAlive : s_heartbeat;
        string? given = context.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } header ? header : context.Request.Query["after"];
        string last = string.IsNullOrEmpty(given) ? events.Last : given;
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        await stream.StartAsync(context.RequestAborted);
        stream.Unread.Write("retry: 2000\n\n"u8);
        try
        {
            while (true)
            {
                Task arrived = events.Arrived;
                foreach (PoolEvent one in events.After(last))
                {
                    Write(stream.Unread, one);
                    last = one.Id;
                }

                await stream.DrainAsync(context.RequestAborted);
                try
                {
                    await arrived.WaitAsync(heartbeat, time, ended.Token);
                }
                catch (TimeoutException)
                {
                    Write(stream.Unread, events.Heartbeat(last));
                }
            }
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            stream.Unread.Write(ServerSentEvents.Done);
            await stream.DrainAsync(context.RequestAborted);
        }
    }

    private static void Write(IBufferWriter<byte> output, PoolEvent one)
    {
        output.Write("id: "u8);
        output.Write(Encoding.ASCII.GetBytes(one.Id));
        output.Write("\ndata: "u8);
        output.Write(JsonSerializer.SerializeToUtf8Bytes(one, ApiJsonContext.Default.PoolEvent));
        output.Write("\n\n"u8);
    }
}
