using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Options;

namespace Sparrow.Server.Api;

/// <summary>
/// One stream of server-sent events (C §5). Frames are written into <see cref="Unread"/> and handed to the connection by <see cref="Send"/>,
/// which never waits: while the reader is slow the frames gather here. A reader is given up (T-12) when it has been behind for too long, or
/// when it leaves too much unread and takes nothing; a burst that it works off is no reason.
/// </summary>
internal sealed class ServerSentEvents(HttpContext context, StreamingSettings options, TimeProvider time)
{
    // Handed over in pieces of about what a connection holds, so that a reader's progress through a large frame shows.
    private const int PieceBytes = 64 << 10;

    private readonly PipeWriter _pipe = context.Response.BodyWriter;
    private readonly ArrayBufferWriter<byte> _unread = new(4096);

    // How much of the buffer was handed over; the last piece of that is on its way while a flush is pending.
    private int _sentBytes;
    private int _pieceBytes;
    private Task<FlushResult>? _flush;
    private long _flushStarted;
    private long _behindSince;
    private long _lastOutput;

    /// <summary>Where frames are written.</summary>
    public IBufferWriter<byte> Unread => _unread;

    /// <summary>Whether so much is unread that no more should be written before the reader has taken some.</summary>
    public bool IsFull => UnreadBytes > options.UnreadBytes;

    /// <summary>The end marker; clients compare it byte for byte.</summary>
    public static ReadOnlySpan<byte> Done => "data: [DONE]\n\n"u8;

    private int UnreadBytes => _unread.WrittenCount - _sentBytes + _pieceBytes;

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

    /// <summary>Hands what is unread to the connection, as far as it takes it now.</summary>
    /// <exception cref="SlowReaderException">T-12.</exception>
    /// <exception cref="OperationCanceledException">The reader has gone.</exception>
    public void Send()
    {
        while (true)
        {
            if (_flush is { IsCompleted: true })
            {
                Finish(_flush.GetAwaiter().GetResult());
            }

            if (_flush is not null)
            {
                RequireReader();
                Compact();
                return;
            }

            if (_sentBytes == _unread.WrittenCount)
            {
                _unread.ResetWrittenCount();
                _sentBytes = 0;
                _behindSince = 0;
                return;
            }

            SendPiece();
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

            TimeSpan patience = _flush is null ? UntilKeepAlive() : UntilGivenUp();
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

    private void SendPiece()
    {
        ReadOnlySpan<byte> rest = _unread.WrittenSpan[_sentBytes..];
        ReadOnlySpan<byte> piece = rest[..Math.Min(rest.Length, PieceBytes)];
        _pipe.Write(piece);
        _pieceBytes = piece.Length;
        _sentBytes += piece.Length;
        _lastOutput = _flushStarted = time.GetTimestamp();
        ValueTask<FlushResult> flush = _pipe.FlushAsync(context.RequestAborted);
        if (flush.IsCompletedSuccessfully)
        {
            Finish(flush.Result);
            return;
        }

        _flush = flush.AsTask();
        _behindSince = _behindSince == 0 ? _flushStarted : _behindSince;
    }

    private void Finish(FlushResult result)
    {
        _flush = null;
        _pieceBytes = 0;
        if (result.IsCanceled || result.IsCompleted)
        {
            throw new OperationCanceledException("The reader has gone.");
        }
    }

    private void RequireReader()
    {
        bool isStuck = IsFull && time.GetElapsedTime(_flushStarted) >= options.UnreadGrace;
        if (isStuck || time.GetElapsedTime(_behindSince) >= options.UnreadTime)
        {
            throw new SlowReaderException(UnreadBytes, time.GetElapsedTime(_behindSince));
        }
    }

    // A reader that is always a little behind would otherwise let the buffer grow by all that it has read.
    private void Compact()
    {
        if (_sentBytes > options.UnreadBytes)
        {
            byte[] rest = _unread.WrittenSpan[_sentBytes..].ToArray();
            _unread.ResetWrittenCount();
            _unread.Write(rest);
            _sentBytes = 0;
        }
    }

    private TimeSpan UntilKeepAlive() =>
        options.KeepAlive <= TimeSpan.Zero ? Timeout.InfiniteTimeSpan : Remaining(_lastOutput, options.KeepAlive);

    private TimeSpan UntilGivenUp()
    {
        TimeSpan untilTooLate = Remaining(_behindSince, options.UnreadTime);
        TimeSpan untilStuck = IsFull ? Remaining(_flushStarted, options.UnreadGrace) : untilTooLate;
        return untilStuck < untilTooLate ? untilStuck : untilTooLate;
    }

    private TimeSpan Remaining(long since, TimeSpan limit)
    {
        TimeSpan remaining = limit - time.GetElapsedTime(since);
        return remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
    }
}
