using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Options;

namespace Sparrow.Server.Api;

/// <summary>
/// One stream of server-sent events (C §5). Frames are written into <see cref="Unread"/> and handed to the connection by <see cref="Send"/>,
/// which never waits: while the reader is slow the frames gather here, up to the bounds of T-12.
/// </summary>
internal sealed class ServerSentEvents(HttpContext context, StreamingSettings options, TimeProvider time)
{
    private readonly PipeWriter _pipe = context.Response.BodyWriter;
    private readonly ArrayBufferWriter<byte> _unread = new(4096);

    private Task<FlushResult>? _flush;
    private int _flushBytes;
    private long _flushStarted;
    private long _lastOutput;

    /// <summary>Frames that were not handed to the connection yet.</summary>
    public IBufferWriter<byte> Unread => _unread;

    /// <summary>The end marker; clients compare it byte for byte.</summary>
    public static ReadOnlySpan<byte> Done => "data: [DONE]\n\n"u8;

    /// <summary>Sends status and headers. From here on a failure is a frame (E-9).</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        HttpResponse response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache, no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        _lastOutput = time.GetTimestamp();
        return response.StartAsync(cancellationToken);
    }

    /// <summary>Hands what is unread to the connection, unless it still works on what it has.</summary>
    /// <exception cref="SlowReaderException">T-12.</exception>
    /// <exception cref="OperationCanceledException">The reader has gone.</exception>
    public void Send()
    {
        if (_flush is { IsCompleted: true })
        {
            Finish(_flush.GetAwaiter().GetResult());
        }

        if (_flush is not null)
        {
            RequireReader();
            return;
        }

        if (_unread.WrittenCount == 0)
        {
            return;
        }

        _pipe.Write(_unread.WrittenSpan);
        _flushBytes = _unread.WrittenCount;
        _unread.ResetWrittenCount();
        _lastOutput = _flushStarted = time.GetTimestamp();
        ValueTask<FlushResult> flush = _pipe.FlushAsync(context.RequestAborted);
        if (flush.IsCompletedSuccessfully)
        {
            Finish(flush.Result);
        }
        else
        {
            _flush = flush.AsTask();
        }
    }

    /// <summary>Waits until there is something to do: new tokens, or room for what is unread. Sends a comment where nothing was sent for long
    /// (T-3).</summary>
    public async Task WaitAsync(Task tokens, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task work = _flush is null ? tokens : Task.WhenAny(tokens, _flush);
            if (work.IsCompleted)
            {
                return;
            }

            TimeSpan patience = _flush is null ? UntilKeepAlive() : UntilTooSlow();
            try
            {
                await work.WaitAsync(patience, time, cancellationToken);
                return;
            }
            catch (TimeoutException) when (!work.IsFaulted)
            {
                if (_flush is null)
                {
                    _unread.Write(": keep-alive\n\n"u8);
                }

                Send();
            }
        }
    }

    /// <summary>Waits until the connection has taken all.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        Task noTokens = new TaskCompletionSource().Task;
        Send();
        while (_flush is not null)
        {
            await WaitAsync(noTokens, cancellationToken);
            Send();
        }
    }

    private void Finish(FlushResult result)
    {
        _flush = null;
        _flushBytes = 0;
        if (result.IsCanceled || result.IsCompleted)
        {
            throw new OperationCanceledException("The reader has gone.");
        }
    }

    private void RequireReader()
    {
        if (_unread.WrittenCount + _flushBytes > options.UnreadBytes || time.GetElapsedTime(_flushStarted) >= options.UnreadTime)
        {
            throw new SlowReaderException(_unread.WrittenCount + _flushBytes, time.GetElapsedTime(_flushStarted));
        }
    }

    private TimeSpan UntilKeepAlive() =>
        options.KeepAlive <= TimeSpan.Zero ? Timeout.InfiniteTimeSpan : Remaining(_lastOutput, options.KeepAlive);

    private TimeSpan UntilTooSlow() => Remaining(_flushStarted, options.UnreadTime);

    private TimeSpan Remaining(long since, TimeSpan limit)
    {
        TimeSpan remaining = limit - time.GetElapsedTime(since);
        return remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
    }
}
