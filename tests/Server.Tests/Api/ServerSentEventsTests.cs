using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Sparrow.Server.Api;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Options;
using Xunit;

namespace Sparrow.Server.Tests.Api;

public sealed class ServerSentEventsTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Headers_forbid_caching_and_buffering()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        (DefaultHttpContext context, _) = Connect(1 << 16);
        ServerSentEvents events = new(context, new StreamingSettings(), TimeProvider.System);
        await events.StartAsync(token);
        Assert.Equal("text/event-stream; charset=utf-8", context.Response.ContentType);
        Assert.Equal("no-cache, no-store", context.Response.Headers.CacheControl);
        Assert.Equal("no", context.Response.Headers["X-Accel-Buffering"]);
    }

    [Fact]
    public async Task Frames_arrive_as_they_were_written()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        (DefaultHttpContext context, Pipe pipe) = Connect(1 << 16);
        ServerSentEvents events = new(context, new StreamingSettings(), TimeProvider.System);
        await events.StartAsync(token);
        events.Unread.Write("data: {}\n\n"u8);
        events.Send();
        events.Unread.Write(ServerSentEvents.Done);
        await events.DrainAsync(token);
        ReadResult read = await pipe.Reader.ReadAsync(token);
        Assert.Equal("data: {}\n\ndata: [DONE]\n\n", Encoding.UTF8.GetString(read.Buffer));
    }

    [Fact]
    public async Task A_comment_keeps_a_silent_stream_alive()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        (DefaultHttpContext context, Pipe pipe) = Connect(1 << 16);
        ServerSentEvents events = new(context, new StreamingSettings { KeepAlive = TimeSpan.FromMilliseconds(20) }, TimeProvider.System);
        await events.StartAsync(token);
        TaskCompletionSource tokens = new();
        Task waiting = events.WaitAsync(tokens.Task, token);
        ReadResult read = await pipe.Reader.ReadAsync(token).AsTask().WaitAsync(s_patience, token);
        Assert.StartsWith(": keep-alive\n\n", Encoding.UTF8.GetString(read.Buffer), StringComparison.Ordinal);
        tokens.SetResult();
        await waiting.WaitAsync(s_patience, token);
    }

    [Fact]
    public async Task Without_the_setting_no_comment_is_sent()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        (DefaultHttpContext context, Pipe pipe) = Connect(1 << 16);
        ServerSentEvents events = new(context, new StreamingSettings { KeepAlive = TimeSpan.Zero }, TimeProvider.System);
        await events.StartAsync(token);
        TaskCompletionSource tokens = new();
        Task waiting = events.WaitAsync(tokens.Task, token);
        await Task.Delay(60, token);
        Assert.False(pipe.Reader.TryRead(out _));
        tokens.SetResult();
        await waiting.WaitAsync(s_patience, token);
    }

    [Fact]
    public async Task A_reader_that_leaves_too_many_bytes_unread_is_given_up()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        (DefaultHttpContext context, _) = Connect(64);
        ServerSentEvents events = new(context, new StreamingSettings { UnreadBytes = 1000, UnreadGrace = TimeSpan.Zero }, TimeProvider.System);
        await events.StartAsync(token);
        for (int i = 0; i < 9; i++)
        {
            events.Unread.Write(new byte[100]);
            events.Send();
            Assert.False(events.IsFull);
        }

        events.Unread.Write(new byte[200]);
        Assert.True(events.IsFull);
        Assert.Throws<SlowReaderException>(events.Send);
    }

    [Fact]
    public async Task A_burst_beyond_the_bound_is_no_reason_while_the_reader_works_it_off()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        (DefaultHttpContext context, Pipe pipe) = Connect(1 << 16);
        ServerSentEvents events = new(context, new StreamingSettings { UnreadBytes = 1000, UnreadGrace = s_patience }, TimeProvider.System);
        await events.StartAsync(token);
        const int Burst = 3_000_000;
        events.Unread.Write(new byte[Burst]);
        Task draining = events.DrainAsync(token);
        long received = 0;
        while (received < Burst)
        {
            ReadResult read = await pipe.Reader.ReadAsync(token).AsTask().WaitAsync(s_patience, token);
            received += read.Buffer.Length;
            pipe.Reader.AdvanceTo(read.Buffer.End);
        }

        await draining.WaitAsync(s_patience, token);
        Assert.Equal(Burst, received);
        Assert.False(events.IsFull);
    }

    [Fact]
    public async Task A_reader_that_leaves_output_unread_for_too_long_is_given_up()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        (DefaultHttpContext context, _) = Connect(64);
        ServerSentEvents events = new(context, new StreamingSettings { UnreadTime = TimeSpan.FromMilliseconds(20) }, TimeProvider.System);
        await events.StartAsync(token);
        events.Unread.Write(new byte[100]);
        events.Send();
        await Assert.ThrowsAsync<SlowReaderException>(() => events.WaitAsync(new TaskCompletionSource().Task, token).WaitAsync(s_patience, token));
    }

    [Fact]
    public async Task A_reader_that_catches_up_gets_everything_in_order()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        (DefaultHttpContext context, Pipe pipe) = Connect(64);
        ServerSentEvents events = new(context, new StreamingSettings(), TimeProvider.System);
        await events.StartAsync(token);
        StringBuilder expected = new();
        for (int i = 0; i < 50; i++)
        {
            string frame = $"data: {i}\n\n";
            expected.Append(frame);
            events.Unread.Write(Encoding.UTF8.GetBytes(frame));
            events.Send();
        }

        Task draining = events.DrainAsync(token);
        StringBuilder received = new();
        while (received.Length < expected.Length)
        {
            ReadResult read = await pipe.Reader.ReadAsync(token).AsTask().WaitAsync(s_patience, token);
            received.Append(Encoding.UTF8.GetString(read.Buffer));
            pipe.Reader.AdvanceTo(read.Buffer.End);
        }

        await draining.WaitAsync(s_patience, token);
        Assert.Equal(expected.ToString(), received.ToString());
    }

    [Fact]
    public async Task A_reader_that_has_gone_ends_the_stream()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        (DefaultHttpContext context, Pipe pipe) = Connect(1 << 16);
        ServerSentEvents events = new(context, new StreamingSettings(), TimeProvider.System);
        await events.StartAsync(token);
        await pipe.Reader.CompleteAsync();
        events.Unread.Write("data: {}\n\n"u8);
        Assert.Throws<OperationCanceledException>(events.Send);
    }

    // A connection that holds so many bytes before a flush has to wait for the reader.
    private static (DefaultHttpContext Context, Pipe Pipe) Connect(int heldBytes)
    {
        Pipe pipe = new(new PipeOptions(pauseWriterThreshold: heldBytes, resumeWriterThreshold: heldBytes / 2, useSynchronizationContext: false));
        DefaultHttpContext context = new();
        context.Features.Set<IHttpResponseBodyFeature>(new PipeBody(pipe.Writer));
        return (context, pipe);
    }

    private sealed class PipeBody(PipeWriter writer) : IHttpResponseBodyFeature
    {
        public Stream Stream => writer.AsStream();

        public PipeWriter Writer => writer;

        public void DisableBuffering()
        {
        }

        public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task CompleteAsync() => Task.CompletedTask;
    }
}
