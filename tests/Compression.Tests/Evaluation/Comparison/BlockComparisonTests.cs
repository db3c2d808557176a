using Sparrow.Compression.Evaluation.Comparison;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Evaluation.Comparison;

public sealed class BlockComparisonTests : IDisposable
{
    private static readonly int[][] s_windows = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [40, 30, 20, 10, 50, 60, 70]];

    private readonly TinyModel _folder = TinyModel.Create(new RandomCheckpointOptions { LayerCount = 3 });

    [Fact]
    public void Blocks_of_a_model_do_not_differ_from_themselves()
    {
        IReadOnlyList<BlockReport> reports = Compare(_folder.Folder);

        Assert.Equal([new(0, 0, 0, 0), new(1, 0, 0, 0), new(2, 0, 0, 0)], reports);
    }

    [Fact]
    public void Blocks_of_another_model_differ_and_their_errors_pile_up()
    {
        using TinyModel other = TinyModel.Create(new RandomCheckpointOptions { LayerCount = 3, Seed = 8 });

        IReadOnlyList<BlockReport> reports = Compare(other.Folder);

        Assert.Equal(3, reports.Count);
        Assert.All(reports, report => Assert.InRange(report.UpdateError, 0.1, 10));

        // What a block adds is a part of its output; the other model's own stream begins with other embeddings besides.
        Assert.All(reports, report => Assert.True(report.StreamError > report.OutputError && report.OutputError > 0));
    }

    [Fact]
    public void Models_of_other_depth_are_refused()
    {
        using TinyModel other = TinyModel.Create(new RandomCheckpointOptions { LayerCount = 2 });

        ArgumentException exception = Assert.Throws<ArgumentException>(() => Compare(other.Folder));

        Assert.Contains("2 blocks", exception.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private IReadOnlyList<BlockReport> Compare(string path)
    {
        using Checkpoint model = Checkpoint.Open(path);
        using Checkpoint reference = Checkpoint.Open(_folder.Folder);
        using BlockComparison comparison = new(model, reference, "auto", int8Activations: false, maxTokens: 16);
        return comparison.Compare(s_windows, null, TestContext.Current.CancellationToken);
    }
}
