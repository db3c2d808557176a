using System.Threading.Channels;

namespace Sparrow.Runtime;

/// <summary>
/// A request on its way through the engine: the consumer reads <see cref="Tokens"/> and may stop choices or cancel; the engine's thread writes.
/// Made by whoever submits, handed over once through an <see cref="IRequestSource"/>.
/// </summary>
public sealed class Generation
{
    private readonly Channel<GeneratedToken> _tokens;
    private readonly bool[] _stopped;
    private readonly TimeProvider _time;
    private volatile bool _cancelled;
    private long _cancelledTimestamp;

    /// <param name="request">What is asked for.</param>
    /// <param name="time">Clock of <see cref="CancelledTimestamp"/>, the engine's; null: the system's.</param>
    public Generation(GenerationRequest request, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        Request = request;
        _stopped = new bool[request.Choices];

        // Room for everything the request can yield: the engine never waits for a reader and never drops a token.
        int capacity = request.PromptTokens.Length + ((request.MaxTokens + 1) * request.Choices) + 1;
        _tokens = Channel.CreateBounded<GeneratedToken>(
            new BoundedChannelOptions(capacity) { SingleReader = true, SingleWriter = true, AllowSynchronousContinuations = false });
    }

    public GenerationRequest Request { get; }

    /// <summary>The stream; completes after the last choice's end, with an exception where the engine failed the request.</summary>
    public ChannelReader<GeneratedToken> Tokens => _tokens.Reader;

    /// <summary>Counts and times, final once the stream has completed. Written by the engine's thread only.</summary>
    public GenerationStatistics Statistics { get; } = new();

    /// <summary>What went wrong, where a choice ended with <see cref="FinishReason.Error"/>.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Whether the consumer has gone: the engine drops the request at its next step, the source before handing it out.</summary>
    public bool IsCancelled => _cancelled;

    /// <summary>Ends the whole request at the engine's next step; the stream then completes with <see cref="FinishReason.Abort"/>.</summary>
    public void Cancel()
    {
        Interlocked.CompareExchange(ref _cancelledTimestamp, _time.GetTimestamp(), 0);
        _cancelled = true;
    }

    /// <summary>When it was first cancelled; 0: never.</summary>
    public long CancelledTimestamp => Volatile.Read(ref _cancelledTimestamp);

    /// <summary>Ends one choice with <see cref="FinishReason.Stop"/> at the engine's next step (a stop string was found).</summary>
    public void Stop(int choice) => Volatile.Write(ref _stopped[choice], true);

    /// <summary>Whether the consumer has stopped this choice.</summary>
    public bool IsStopped(int choice) => Volatile.Read(ref _stopped[choice]);

    /// <summary>For the engine and for sources that end a request they never handed out.</summary>
    public void Publish(in GeneratedToken token)
    {
        bool written = _tokens.Writer.TryWrite(token);
        System.Diagnostics.Debug.Assert(written, "The channel has room for all that a request can yield.");
    }

    /// <summary>Sets what went wrong before the stream says so: whoever hears of the end can already ask.</summary>
    internal void Fail(Exception? failure) => Failure = failure;

    /// <summary>Completes the stream.</summary>
    public void Complete(Exception? failure = null)
    {
        Failure = failure;
        _tokens.Writer.TryComplete(failure);
    }
}

/// <summary>Counts and times of one generation. Times are <see cref="TimeProvider"/> timestamps; 0 where the moment never came.</summary>
public sealed class GenerationStatistics
{
    /// <summary>Handed to the waiting queue.</summary>
    public long QueuedTimestamp { get; set; }

    /// <summary>First step that worked on it.</summary>
    public long StartedTimestamp { get; set; }

    /// <summary>First generated token (or, with <c>MaxTokens</c> 0, the last prompt score).</summary>
    public long FirstTokenTimestamp { get; set; }

    public long FinishedTimestamp { get; set; }

    /// <summary>Generated tokens over all choices, end-of-sequence tokens included.</summary>
    public int GeneratedTokens { get; set; }

    /// <summary>Prompt tokens found in the prefix cache.</summary>
    public int CachedPromptTokens { get; set; }

    public int Preemptions { get; set; }
}
