using Sparrow.Runtime;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Admission;

public sealed class RequestQueueTests
{
    private static readonly Caller s_alice = new("alice", "a", IsAdmin: false);
    private static readonly Caller s_bob = new("bob", "b", IsAdmin: false);
    private static readonly EngineRoom s_room = new(Sequences: 64, Blocks: 10_000, RunningSequences: 0);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Places_are_counted_before_tokenization_and_corrected_after()
    {
        RequestQueue queue = Queue(new QueueOptions { MaxQueuedPromptTokens = 100 });
        QueueTicket first = queue.Reserve(s_alice, 60, null);
        Assert.Equal(60, queue.Snapshot.WaitingPromptTokens);
        Assert.Equal("queue_full", Assert.Throws<ApiException>(() => queue.Reserve(s_bob, 60, null)).Code);

        first.Submit(Request(promptTokens: 10));
        Assert.Equal(10, queue.Snapshot.WaitingPromptTokens);
        using QueueTicket second = queue.Reserve(s_bob, 60, null);
        Assert.Equal(2, queue.Snapshot.WaitingRequests);
    }

    [Fact]
    public void A_full_queue_is_429_or_as_set_with_a_time_to_come_back()
    {
        RequestQueue queue = Queue(new QueueOptions { MaxQueuedRequests = 1 });
        using QueueTicket ticket = queue.Reserve(s_alice, 1, null);
        ApiException exception = Assert.Throws<ApiException>(() => queue.Reserve(s_alice, 1, null));
        Assert.Equal((429, "rate_limit_error", "queue_full"), (exception.Status, exception.Type, exception.Code));
        Assert.NotNull(exception.RetryAfter);

        queue = Queue(new QueueOptions { MaxQueuedRequests = 1, OverloadStatus = 503 });
        using QueueTicket other = queue.Reserve(s_alice, 1, null);
        Assert.Equal(503, Assert.Throws<ApiException>(() => queue.Reserve(s_alice, 1, null)).Status);
    }

    [Fact]
    public void An_empty_queue_takes_any_prompt_and_counts_no_more_than_the_context()
    {
        RequestQueue queue = Queue(new QueueOptions { MaxQueuedPromptTokens = 100 });
        queue.ContextLength = 50;
        using QueueTicket ticket = queue.Reserve(s_alice, 1_000_000, null);
        Assert.Equal(50, queue.Snapshot.WaitingPromptTokens);
    }

    [Fact]
    public void A_key_has_its_own_limit()
    {
        RequestQueue queue = Queue();
        Caller limited = s_alice with { MaxConcurrent = 1 };
        QueueTicket ticket = queue.Reserve(limited, 1, null);
        Assert.Equal("rate_limit_exceeded", Assert.Throws<ApiException>(() => queue.Reserve(limited, 1, null)).Code);
        ticket.Dispose();
        queue.Reserve(limited, 1, null).Dispose();
    }

    [Fact]
    public void Disposing_a_reserved_a_waiting_and_a_running_ticket_leaves_nothing()
    {
        RequestQueue queue = Queue();
        queue.Reserve(s_alice, 5, null).Dispose();

        QueueTicket waiting = queue.Reserve(s_alice, 5, null);
        Generation dropped = Request();
        waiting.Submit(dropped);
        waiting.Dispose();
        Assert.True(dropped.Tokens.TryRead(out GeneratedToken end));
        Assert.Equal(FinishReason.Abort, end.FinishReason);
        Assert.True(dropped.Tokens.Completion.IsCompletedSuccessfully);

        QueueTicket running = Submit(queue, s_alice, Request());
        Assert.True(queue.TryTake(s_room, out Generation? taken));
        running.Dispose();
        Assert.True(taken.IsCancelled);
        Assert.Equal(1, queue.Snapshot.RunningRequests);
        queue.Release(taken);
        Assert.Equal(default, queue.Snapshot);
    }

    [Fact]
    public async Task A_deadline_ends_what_waits_with_408()
    {
        RequestQueue queue = new(new QueueOptions(), TimeProvider.System);
        using QueueTicket ticket = queue.Reserve(s_alice, 1, TimeSpan.FromMilliseconds(20));
        Generation generation = Request();
        ticket.Submit(generation);
        ApiException exception = await Assert.ThrowsAsync<ApiException>(
            () => generation.Tokens.Completion.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Equal((408, "timeout", false), (exception.Status, exception.Code, exception.ShouldRetry));
        Assert.Equal(0, queue.Snapshot.WaitingRequests);
    }

    [Fact]
    public async Task A_deadline_cancels_what_runs_and_says_why()
    {
        RequestQueue queue = new(new QueueOptions(), TimeProvider.System);
        TaskCompletionSource woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using QueueTicket ticket = queue.Reserve(s_alice, 1, TimeSpan.FromMilliseconds(100));
        Generation generation = Request();
        ticket.Submit(generation);
        queue.Arrived = () => woken.TrySetResult();
        Assert.True(queue.TryTake(s_room, out _));
        await woken.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.True(generation.IsCancelled);
        Assert.Equal("timeout", ticket.Failure?.Code);
        queue.Release(generation);
    }

    [Fact]
    public void A_wait_longer_than_the_callers_own_limit_is_refused_at_once()
    {
        RequestQueue queue = Queue(new QueueOptions { MaxRunning = 1 });
        QueueTicket first = Submit(queue, s_alice, Request());
        Assert.True(queue.TryTake(s_room, out Generation? running));
        _time.Advance(TimeSpan.FromSeconds(10));
        queue.Release(running);
        first.Dispose();

        // One request took ten seconds; another runs and one waits, so that a third would wait twenty.
        using QueueTicket second = Submit(queue, s_alice, Request());
        Assert.True(queue.TryTake(s_room, out _));
        using QueueTicket third = Submit(queue, s_alice, Request());
        Assert.Equal("queue_full", Assert.Throws<ApiException>(() => queue.Reserve(s_bob, 1, TimeSpan.FromSeconds(15))).Code);
        queue.Reserve(s_bob, 1, TimeSpan.FromSeconds(60)).Dispose();
    }

    [Fact]
    public void Draining_refuses_new_places_and_keeps_the_old()
    {
        RequestQueue queue = Queue();
        using QueueTicket old = Submit(queue, s_alice, Request());
        queue.Refuse(true);
        Assert.Equal("server_draining", Assert.Throws<ApiException>(() => queue.Reserve(s_bob, 1, null)).Code);
        Assert.True(queue.TryTake(s_room, out _));
        queue.AbortAll();
        Assert.Equal("request_aborted", old.Failure?.Code);
    }

    [Fact]
    public void More_choices_than_the_engine_runs_are_refused()
    {
        RequestQueue queue = Queue(new QueueOptions { MaxRunning = 2 });
        using QueueTicket ticket = queue.Reserve(s_alice, 1, null);
        Assert.Equal("invalid_value", Assert.Throws<ApiException>(() => ticket.Submit(Request(choices: 3))).Code);
    }

    [Fact]
    public void Whoever_is_next_waits_for_room_and_is_not_passed()
    {
        RequestQueue queue = Queue();
        Generation large = Request(choices: 4);
        using QueueTicket first = Submit(queue, s_alice, large);
        using QueueTicket second = Submit(queue, s_alice, Request());
        Assert.False(queue.TryTake(s_room with { Sequences = 3, RunningSequences = 61 }, out _));
        Assert.True(queue.TryTake(s_room, out Generation? taken));
        Assert.Same(large, taken);
    }

    [Fact]
    public void Priorities_count_where_the_policy_says_so_and_a_key_may_cap_them()
    {
        foreach ((string policy, int expected) in new[] { ("priority", 1), ("fair", 0), ("fcfs", 0) })
        {
            RequestQueue queue = Queue(new QueueOptions { Policy = policy });
            Generation[] requests = [Request(priority: 5), Request(priority: -5), Request(priority: -9)];
            using QueueTicket first = Submit(queue, s_alice, requests[0]);
            using QueueTicket second = Submit(queue, s_alice, requests[1]);
            using QueueTicket capped = Submit(queue, s_alice with { MinPriority = 9 }, requests[2]);
            Assert.True(queue.TryTake(s_room, out Generation? taken));
            Assert.Same(requests[expected], taken);
        }
    }

    [Fact]
    public void One_key_holds_no_more_than_its_share_while_another_waits()
    {
        RequestQueue queue = Queue(new QueueOptions { MaxRunning = 8, MaxSharePerKey = 0.5 });
        List<QueueTicket> tickets = [];
        for (int i = 0; i < 8; i++)
        {
            tickets.Add(Submit(queue, s_alice, Request()));
        }

        Generation bobs = Request();
        tickets.Add(Submit(queue, s_bob, bobs));
        List<Generation> taken = [];
        while (queue.TryTake(s_room with { Sequences = 8 - taken.Count }, out Generation? next))
        {
            taken.Add(next);
            if (taken.Count <= 4)
            {
                continue;
            }

            Assert.Contains(bobs, taken);
        }

        // With bob's only request running nobody else waits, and alice may have the rest.
        Assert.Equal(8, taken.Count);
    }

    internal static Generation Request(int promptTokens = 4, int choices = 1, int priority = 0, int maxTokens = 8) =>
        new(new GenerationRequest { Id = "x", PromptTokens = new int[promptTokens], MaxTokens = maxTokens, Choices = choices, Priority = priority });

    private static QueueTicket Submit(RequestQueue queue, Caller caller, Generation generation)
    {
        QueueTicket ticket = queue.Reserve(caller, generation.Request.PromptTokens.Length, null);
        ticket.Submit(generation);
        return ticket;
    }

    private RequestQueue Queue(QueueOptions? options = null) => new(options ?? new QueueOptions(), _time);
}
