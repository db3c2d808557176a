using System.Buffers;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Observability;

namespace Sparrow.Server.Api.Inference;

internal sealed partial class InferenceService
{
    private static readonly Task s_never = new TaskCompletionSource().Task;
    private static readonly TimeSpan s_lastFrameTime = TimeSpan.FromMilliseconds(250);

    private async Task StreamAsync(HttpContext context, InferenceRun run, AnswerWriter writer)
    {
        CancellationToken aborted = context.RequestAborted;

        // 1. Until the first token every failure is an answer of its own (E-8): taking an event in throws where it tells of one.
        ChoiceState? first = null;
        if (await WaitForFirstAsync(run, aborted))
        {
            run.TryTake(out first);
        }

        Show(context, run.Served, run.Adapter);

        // 2. From here on a failure is a frame and an unclean end (E-9).
        ServerSentEvents events = new(context, _streaming, Time);
        await events.StartAsync(aborted);
        try
        {
            WriteChange(events.Unread, writer, run, first);
            await PumpAsync(events, run, writer, aborted);
            writer.WriteLastChunk(events.Unread);
            events.Unread.Write(ServerSentEvents.Done);
            await events.DrainAsync(aborted);
        }
        catch (SlowReaderException exception)
        {
            Log.SlowReader(logger, context.TraceIdentifier, exception.Message);
            if (context.Features.Get<RequestFacts>() is { } facts)
            {
                facts.HasSlowReader = true;
            }

            context.Abort();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            ApiException failure = exception as ApiException
                ?? new ApiException(500, "server_error", "internal_error", "The server failed while it worked on this request.", inner: exception);
            events.Unread.Write("data: "u8);
            ApiError.Write(events.Unread, failure);
            events.Unread.Write("\n\n"u8);
            await events.DrainAsync(aborted);
            if (HttpProtocol.IsHttp2(context.Request.Protocol))
            {
                // A reset throws away what the connection still holds of the stream, and a flush may end before all of it is written (E-9).
                await Task.Delay(s_lastFrameTime, Time, CancellationToken.None);
            }

            context.Features.Set(failure);
            throw new BrokenStreamException(failure);
        }
    }

    private async Task PumpAsync(ServerSentEvents events, InferenceRun run, AnswerWriter writer, CancellationToken aborted)
    {
        while (true)
        {
            // All that is there goes out together, a chunk for each token, before the next wait.
            // What a slow reader has no room for stays with the generation, where it is small.
            while (!events.IsFull && run.TryTake(out ChoiceState? changed))
            {
                WriteChange(events.Unread, writer, run, changed);
            }

            events.Send();
            if (events.IsFull)
            {
                await events.WaitAsync(s_never, aborted);
                continue;
            }

            Task<bool> arrival = run.WaitAsync();
            await events.WaitAsync(arrival, aborted);
            if (arrival.IsCompleted && !await arrival)
            {
                return;
            }
        }
    }

    private void WriteChange(IBufferWriter<byte> output, AnswerWriter writer, InferenceRun run, ChoiceState? choice)
    {
        if (choice is null)
        {
            return;
        }

        bool isFirst = !choice.HasBegun;
        if (isFirst)
        {
            choice.HasBegun = true;
            writer.WriteFirstChunk(output, choice);
        }

        bool isFinished = choice.FinishReason is not null;
        bool isDue = choice.UnsentTokens > 0 && (isFirst || choice.UnsentTokens >= (run.Parameters.StreamInterval ?? _streaming.Interval));
        if (isFinished ? choice.Text.HasReady : isDue)
        {
            writer.WriteChunk(output, choice);
            choice.Text.ClearReady();
            choice.UnsentTokens = 0;
        }

        if (isFinished)
        {
            writer.WriteFinishChunk(output, choice);
        }
    }

    private async Task<bool> WaitForFirstAsync(InferenceRun run, CancellationToken aborted)
    {
        Task<bool> arrival = run.WaitAsync();
        if (_streaming.EarlyHeaders <= TimeSpan.Zero)
        {
            return await arrival.WaitAsync(aborted);
        }

        try
        {
            return await arrival.WaitAsync(_streaming.EarlyHeaders, Time, aborted);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.SlowReader, LogLevel.Warning, "Request {RequestId} was ended: {Reason}")]
        public static partial void SlowReader(ILogger logger, string requestId, string reason);
    }
}
