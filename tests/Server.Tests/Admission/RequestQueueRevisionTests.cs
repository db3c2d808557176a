using Sparrow.Runtime;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Admission;

/// <summary>P-1 at the queue: who takes what from it while revisions change.</summary>
public sealed class RequestQueueRevisionTests
{
    private static readonly EngineRoom s_room = new(8, 1000, 0);
    private static readonly Caller s_caller = new("alice", "", IsAdmin: false);

    private readonly ManualTimeProvider _time = new();
    private readonly RequestQueue _queue;
    private readonly RevisionLeases _old;
    private readonly RevisionLeases _new;

    public RequestQueueRevisionTests()
    {
        _queue = new RequestQueue(new QueueOptions(), _time);
        _old = new RevisionLeases(_queue, "form");
        _new = new RevisionLeases(_queue, "form");
        _queue.TryActivate(_old);
    }

    [Fact]
    public void Only_the_active_revision_takes_what_is_new()
    {
        Submit();
        _queue.TryActivate(_new);
        Assert.False(_old.TryTake(s_room, out _));
        Assert.True(_new.TryTake(s_room, out Generation? generation));
        Assert.Equal((0, 1), (_old.Count, _new.Count));
        _new.Release(generation);
        Assert.Equal(0, _new.Count);
    }

    [Fact]
    public void A_request_of_several_prompts_holds_one_lease_until_the_last_has_ended()
    {
        RequestLease lease = new();
        QueueTicket[] tickets = [.. Enumerable.Range(0, 3).Select(_ => _queue.Reserve(s_caller, 1, null, lease))];
        foreach (QueueTicket ticket in tickets)
        {
            ticket.Submit(NewGeneration(), _old);
        }

        Assert.True(_old.TryTake(s_room, out Generation? first));
        _queue.TryActivate(_new);
        Assert.False(_new.TryTake(s_room, out _));
        Assert.True(_old.TryTake(s_room, out Generation? second));
        Assert.Equal(1, _old.Count);
        int idle = 0;
        _old.Idle = () => idle++;
        _old.Release(first);
        _old.Release(second);
        Assert.False(_queue.TryClose(_old));
        tickets[2].Dispose();
        Assert.Equal((0, 1), (_old.Count, idle));
        Assert.True(_queue.TryClose(_old));
        Assert.False(_queue.TryClose(_old));
        Assert.False(_queue.TryActivate(_old));
        Assert.Equal(default, _queue.Snapshot);
    }

    [Fact]
    public void A_prompt_that_comes_after_its_siblings_have_begun_joins_them()
    {
        RequestLease lease = new();
        QueueTicket first = _queue.Reserve(s_caller, 1, null, lease);
        QueueTicket second = _queue.Reserve(s_caller, 1, null, lease);
        first.Submit(NewGeneration(), _old);
        Assert.True(_old.TryTake(s_room, out _));
        _queue.TryActivate(_new);
        second.Submit(NewGeneration(), _old);
        Assert.False(_new.TryTake(s_room, out _));
        Assert.True(_old.TryTake(s_room, out _));
    }

    [Fact]
    public async Task What_was_prepared_for_another_form_goes_back_and_keeps_its_place()
    {
        RevisionLeases other = new(_queue, "another form");
        QueueTicket early = Submit(out Generation stale);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        QueueTicket late = _queue.Reserve(s_caller, 1, null);
        _queue.TryActivate(other);
        late.Submit(NewGeneration("late"), other);

        // The early one is handed back, and the late one may go meanwhile; but nobody takes it here, so that both stand in line again.
        Assert.False(other.TryTake(new EngineRoom(0, 0, 1), out _));
        await Assert.ThrowsAsync<RevisionChangedException>(async () => await stale.Tokens.WaitToReadAsync(TestContext.Current.CancellationToken));
        early.Submit(NewGeneration("early"), other);
        Assert.True(other.TryTake(s_room, out Generation? next));
        Assert.Equal("early", next.Request.Id);
        Assert.True(other.TryTake(s_room, out next));
        Assert.Equal("late", next.Request.Id);
    }

    [Fact]
    public void A_request_that_named_its_revision_runs_there_active_or_not()
    {
        _queue.TryActivate(_new);
        RequestLease lease = new();
        QueueTicket ticket = _queue.Reserve(s_caller, 1, null, lease);
        Assert.True(_queue.TryBind(lease, _old));
        Assert.Equal(1, _old.Count);
        ticket.Submit(NewGeneration(), _old);
        Assert.False(_new.TryTake(s_room, out _));
        Assert.True(_old.TryTake(s_room, out Generation? generation));
        _old.Release(generation);
        Assert.True(_queue.TryClose(_old));
        Assert.False(_queue.TryBind(new RequestLease(), _old));
    }

    [Fact]
    public void A_queue_with_anybody_in_it_keeps_its_revision()
    {
        QueueTicket ticket = _queue.Reserve(s_caller, 1, null);
        Assert.False(_queue.TryDeactivateIdle());
        ticket.Dispose();
        Assert.True(_queue.TryDeactivateIdle());
        Assert.Null(_queue.Active);
    }

    [Fact]
    public void Without_a_revision_what_waits_too_long_is_told()
    {
        QueueTicket ticket = Submit();
        _queue.Deactivate();
        ApiException failure = ApiException.Aborted();
        _time.Advance(TimeSpan.FromSeconds(9));
        _queue.EndWaiting(TimeSpan.FromSeconds(10), () => failure);
        Assert.Null(ticket.Failure);
        _time.Advance(TimeSpan.FromSeconds(2));
        _queue.EndWaiting(TimeSpan.FromSeconds(10), () => failure);
        Assert.Same(failure, ticket.Failure);
        Assert.Equal(default, _queue.Snapshot);
    }

    private QueueTicket Submit() => Submit(out _);

    private QueueTicket Submit(out Generation generation)
    {
        QueueTicket ticket = _queue.Reserve(s_caller, 1, null);
        generation = NewGeneration();
        ticket.Submit(generation, _old);
        return ticket;
    }

    private static Generation NewGeneration(string id = "request") => new(new GenerationRequest { Id = id, PromptTokens = [1, 2], MaxTokens = 1 });
}
