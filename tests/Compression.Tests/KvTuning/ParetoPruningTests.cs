using Sparrow.Compression.KvTuning;
using Sparrow.Runtime.KvCache;
using Xunit;

namespace Sparrow.Compression.Tests.KvTuning;

public sealed class ParetoPruningTests
{
    // Relative errors of attention's output that KVTuner publishes for Llama-3.1-8B-Instruct, by token.
    private static readonly Dictionary<KvPair, double> s_published = new()
    {
        [new(8, 8)] = 0.014,
        [new(8, 4)] = 0.100,
        [new(8, 2)] = 0.401,
        [new(4, 8)] = 0.168,
        [new(4, 4)] = 0.207,
        [new(4, 2)] = 0.453,
        [new(2, 8)] = 0.882,
        [new(2, 4)] = 0.892,
        [new(2, 2)] = 0.962,
    };

    [Fact]
    public void The_published_errors_leave_the_published_pairs()
    {
        List<KvPair> kept = ParetoPruning.Keep([.. s_published.Keys], pair => (pair.KeyBits + pair.ValueBits) / 2.0, pair => s_published[pair]);

        Assert.Equal([new(8, 8), new(8, 4), new(4, 4), new(4, 2), new(2, 2)], kept);
    }

    [Fact]
    public void Equals_do_not_prune_each_other()
    {
        Assert.Equal([1, 2], ParetoPruning.Keep([1, 2], _ => 4, _ => 0.5));
    }

    [Fact]
    public void Three_near_layers_are_a_group_and_a_far_one_is_alone()
    {
        double[] near = [0.01, 0.1, 0.2, 0.4, 0.9];
        double[][] losses = [near, [.. near.Select(x => x + 0.02)], [.. near.Select(x => x + 0.2)], [.. near.Select(x => x + 0.01)]];

        Assert.Equal([[0, 1, 3], [2]], LayerClusters.Find(["a", "a", "a", "a"], losses, 0.05));
        Assert.Equal([[0, 3], [1], [2]], LayerClusters.Find(["a", "b", "a", "a"], losses, 0.05));
    }

    [Fact]
    public void Neighbours_of_neighbours_are_one_group()
    {
        double[][] losses = [[0.0], [0.08], [0.04], [0.12]];

        Assert.Equal([[0, 1, 2, 3]], LayerClusters.Find(["", "", "", ""], losses, 0.045));
    }
}
