using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Runtime.Tests.Threading;

/// <summary>Plays callers against the order of turns with a clock of its own, in microseconds.</summary>
public sealed class TurnOrderTests
{
    [Fact]
    public void Two_engines_take_turns()
    {
        Player[] players = [new(WorkerLane.Serving, 100, 0), new(WorkerLane.Serving, 100, 0)];
        Play(players, 1_000_000);
        Assert.InRange(players[0].Used / (double)players[1].Used, 0.99, 1.01);
    }

    [Fact]
    public void Serving_waits_for_at_most_one_turn_of_each_lower_lane()
    {
        Player[] players = [new(WorkerLane.Serving, 100, 5), new(WorkerLane.Background, 2000, 0), new(WorkerLane.Compression, 2000, 0)];
        Play(players, 5_000_000);
        Assert.InRange(players[0].LongestWait, 1, 4000);
    }

    [Theory]
    [InlineData(WorkerLane.Background)]
    [InlineData(WorkerLane.Compression)]
    public void A_lower_lane_gets_its_share_and_no_more_while_serving_is_busy(WorkerLane lane)
    {
        // The engine comes back 5 µs after each layer, so there is always a moment in which only the lower lane waits.
        Player[] players = [new(WorkerLane.Serving, 100, 5), new(lane, 2000, 0)];
        long elapsed = Play(players, 5_000_000);
        Assert.InRange(players[1].Used / (double)elapsed, 0.08, 0.12);
    }

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.25)]
    [InlineData(0.5)]
    public void J_6_compression_gets_the_share_that_was_set_and_no_more(double share)
    {
        Player[] players = [new(WorkerLane.Serving, 100, 5), new(WorkerLane.Compression, 2000, 0)];
        long elapsed = Play(players, 5_000_000, share);
        Assert.InRange(players[1].Used / (double)elapsed, 0.8 * share, 1.2 * share);
    }

    [Fact]
    public void Both_lower_lanes_progress_under_two_busy_engines()
    {
        Player[] players =
        [
            new(WorkerLane.Serving, 100, 5), new(WorkerLane.Serving, 300, 5), new(WorkerLane.Background, 1500, 0), new(WorkerLane.Compression, 2000, 0),
        ];
        long elapsed = Play(players, 5_000_000);
        Assert.InRange(players[2].Used / (double)elapsed, 0.07, 0.13);
        Assert.InRange(players[3].Used / (double)elapsed, 0.07, 0.13);
    }

    [Fact]
    public void Compression_alone_has_all_the_time()
    {
        Player[] players = [new(WorkerLane.Compression, 2000, 0)];
        long elapsed = Play(players, 1_000_000);
        Assert.InRange(players[0].Used / (double)elapsed, 0.999, 1);
    }

    [Fact]
    public void Compression_fills_the_time_between_steps_of_an_idle_engine()
    {
        Player[] players = [new(WorkerLane.Serving, 100, 20_000), new(WorkerLane.Compression, 2000, 0)];
        long elapsed = Play(players, 2_000_000);
        Assert.InRange(players[1].Used / (double)elapsed, 0.9, 1);
    }

    // Runs all players until the time is over: each waits for its turn, uses it, pauses, and comes back.
    private static long Play(Player[] players, long until, double share = TurnOrder.Share)
    {
        TurnOrder order = new(ticksPerSecond: 1_000_000);
        order.SetShare(WorkerLane.Compression, share);
        Player? holder = null;
        long now = 0;
        while (now < until)
        {
            if (holder is not null && now >= holder.Until)
            {
                order.Release(now);
                holder.ArrivesAt = now + holder.Gap;
                holder = null;
            }

            foreach (Player player in players)
            {
                if (player != holder && player.Ticket is null && now >= player.ArrivesAt)
                {
                    player.Ticket = order.Arrive(player.Lane);
                    player.ArrivesAt = now;
                }
            }

            foreach (Player player in players)
            {
                if (holder is null && player.Ticket is { } ticket && order.TryTake(player.Lane, ticket, now))
                {
                    holder = player;
                    player.Ticket = null;
                    player.Until = now + player.Turn;
                    player.Used += player.Turn;
                    player.LongestWait = Math.Max(player.LongestWait, now - player.ArrivesAt);
                    player.ArrivesAt = long.MaxValue;
                }
            }

            now++;
        }

        return now;
    }

    private sealed class Player(WorkerLane lane, long turn, long gap)
    {
        public WorkerLane Lane { get; } = lane;

        public long Turn { get; } = turn;

        public long Gap { get; } = gap;

        public long? Ticket { get; set; }

        public long ArrivesAt { get; set; }

        public long Until { get; set; }

        public long Used { get; set; }

        public long LongestWait { get; set; }
    }
}
