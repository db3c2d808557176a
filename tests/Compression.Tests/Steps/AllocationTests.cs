using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;
using Sparrow.Compression.Tests.Pipeline;
using Sparrow.Runtime.Loading;
using Xunit;

namespace Sparrow.Compression.Tests.Steps;

public sealed class AllocationTests
{
    private static readonly RandomCheckpointOptions s_fourBlocks = new() { LayerCount = 4, Seed = 3 };

    [Theory]
    [InlineData("""{"method":"owl","lambda":0.1,"outlier":2}""")]
    [InlineData("""{"method":"rmi","range":0.1}""")]
    public void Blocks_get_different_shares_with_the_mean_that_was_asked_for(string allocation)
    {
        using PipelineFixture fixture = new(s_fourBlocks);
        CompressionReport report = Run(fixture, allocation, "artifact");

        double[] blocks = [.. report.Layers.GroupBy(layer => layer.Block).Select(block => block.Average(layer => layer.Sparsity))];
        Assert.Equal(0.6, report.SizeAfter.Sparsity, 2);
        Assert.InRange(blocks.Max() - blocks.Min(), 0.15, 0.25);
        Assert.All(
            report.Layers.GroupBy(layer => layer.Block), block => Assert.InRange(block.Max(layer => layer.Sparsity) - block.Min(layer => layer.Sparsity), 0, 0.02));
    }

    [Fact]
    public void A_search_leaves_the_total_as_it_was_and_is_no_worse_than_where_it_started()
    {
        const string Search =
            """{"method":"evopress","generations":6,"offspring":8,"survivors":2,"tokens":128,"final_tokens":256,"reach":3}""";
        using PipelineFixture fixture = new(s_fourBlocks);

        CompressionReport report = Run(fixture, Search, "artifact");
        CompressionReport again = Run(fixture, Search, "again");

        Assert.Equal(0.6, report.SizeAfter.Sparsity, 2);
        Assert.Contains(report.Layers, layer => Math.Abs(layer.Sparsity - 0.6) > 0.01);
        Assert.Equal(report.Layers.Select(layer => layer.Sparsity), again.Layers.Select(layer => layer.Sparsity));
    }

    [Fact]
    public void Similarity_of_sequences_needs_two_of_them()
    {
        using PipelineFixture fixture = new(samples: 1);
        RecipeException error = Assert.Throws<RecipeException>(() => Run(fixture, "\"rmi\"", "artifact"));
        Assert.Equal("calibration", error.Path);
    }

    [Fact]
    public void A_method_without_calibration_is_calibrated_for_its_allocation()
    {
        using PipelineFixture fixture = new(s_fourBlocks);
        CompressionReport report = CompressionPipeline.Run(
            fixture.Options("""{"type":"prune","method":"magnitude","sparsity":0.6,"allocation":"owl"}"""), TestContext.Current.CancellationToken);
        Assert.Equal(0.6, report.SizeAfter.Sparsity, 2);
    }

    private static CompressionReport Run(PipelineFixture fixture, string allocation, string output) => CompressionPipeline.Run(
        fixture.Options($$"""{"type":"prune","method":"sparsegpt","sparsity":0.6,"allocation":{{allocation}}}""", output),
        TestContext.Current.CancellationToken);
}
