using Sparrow.Compression.Pipeline;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Compression.Tests.Pipeline;

public sealed class ResumeTests
{
    private const string Steps = """{"type":"prune","method":"wanda","sparsity":0.5}""";

    private static readonly RandomCheckpointOptions s_fourLayers = new() { LayerCount = 4 };

    [Fact]
    public void A_compression_stopped_at_any_block_goes_on_to_the_same_bytes()
    {
        using PipelineFixture fixture = new(s_fourLayers);
        CompressionOptions whole = fixture.Options(Steps, "whole");
        CompressionPipeline.Run(whole, TestContext.Current.CancellationToken);

        CompressionOptions stopped = fixture.Options(Steps, "stopped") with { Resume = true };
        int runs = 0;
        for (int next = 0; next < 4; next++)
        {
            int block = next;
            Assert.Throws<OperationCanceledException>(() => RunUntil(stopped, progress => progress.Block == block && progress.Fraction > 0.06));
            Assert.False(Directory.Exists(stopped.Output));
            runs++;
        }

        Assert.Throws<OperationCanceledException>(() => RunUntil(stopped, progress => progress.Stage == "tables"));
        CompressionPipeline.Run(stopped, TestContext.Current.CancellationToken);
        Assert.Equal(4, runs);
        Folders.AssertEqual(whole.Output, stopped.Output);
    }

    [Fact]
    public void What_a_killed_process_left_half_written_is_dropped()
    {
        using PipelineFixture fixture = new(s_fourLayers);
        CompressionOptions whole = fixture.Options(Steps, "whole");
        CompressionPipeline.Run(whole, TestContext.Current.CancellationToken);

        CompressionOptions stopped = fixture.Options(Steps, "stopped");
        Assert.Throws<OperationCanceledException>(() => RunUntil(stopped, progress => progress.Block == 2));
        string artifact = Path.Combine(stopped.Output + ".partial", "artifact");
        File.WriteAllText(Path.Combine(artifact, "model-00004-of-00005.safetensors"), "half a block");
        File.WriteAllText(Path.Combine(artifact, "model-00004-of-00005.safetensors.tmp"), "half a block");
        File.WriteAllText(Path.Combine(stopped.Output + ".partial", "activations-4.bin"), "half of the activations");
        CompressionPipeline.Run(stopped with { Resume = true }, TestContext.Current.CancellationToken);
        Folders.AssertEqual(whole.Output, stopped.Output);
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bytes()
    {
        using PipelineFixture fixture = new();
        using WorkerPool one = new(1);
        using WorkerPool three = new(3);
        CompressionOptions first = fixture.Options(Steps, "one") with { Pool = one };
        CompressionOptions second = fixture.Options(Steps, "three") with { Pool = three };
        CompressionPipeline.Run(first, TestContext.Current.CancellationToken);
        CompressionPipeline.Run(second, TestContext.Current.CancellationToken);
        Folders.AssertEqual(first.Output, second.Output);
    }

    [Fact]
    public void Activations_that_spill_to_disk_give_the_same_bytes()
    {
        using PipelineFixture fixture = new();
        CompressionOptions memory = fixture.Options(Steps, "memory");
        CompressionOptions disk = fixture.Options(Steps, "disk") with { ActivationBytes = 2 * 64 * 64 * sizeof(float) };
        CompressionPipeline.Run(memory, TestContext.Current.CancellationToken);
        CompressionPipeline.Run(disk, TestContext.Current.CancellationToken);
        Folders.AssertEqual(memory.Output, disk.Output);
    }

    [Fact]
    public void Another_recipe_calibration_or_kernel_set_is_not_gone_on_with()
    {
        using PipelineFixture fixture = new();
        CompressionOptions options = fixture.Options(Steps) with { Resume = true };
        Assert.Throws<OperationCanceledException>(() => RunUntil(options, progress => progress.Block == 1));

        CompressionOptions recipe = fixture.Options("""{"type":"prune","method":"wanda","sparsity":0.6}""") with { Resume = true };
        Assert.Contains("another recipe", Refusal(recipe), StringComparison.Ordinal);
        CompressionOptions calibration = options with { CalibrationFile = fixture.In("other.json") };
        File.WriteAllText(calibration.CalibrationFile!, "[[1,2,3,4,5]]");
        Assert.Contains("another calibration", Refusal(calibration), StringComparison.Ordinal);
        if (KernelSet.Best.Name != "scalar")
        {
            Assert.Contains("another kernels", Refusal(options with { Kernels = "scalar" }), StringComparison.Ordinal);
        }

        CompressionPipeline.Run(options, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_finished_block_that_was_tampered_with_is_not_gone_on_with()
    {
        using PipelineFixture fixture = new();
        CompressionOptions options = fixture.Options(Steps) with { Resume = true };
        Assert.Throws<OperationCanceledException>(() => RunUntil(options, progress => progress.Block == 1));
        string shard = Path.Combine(options.Output + ".partial", "artifact", "model-00001-of-00003.safetensors");
        byte[] bytes = File.ReadAllBytes(shard);
        bytes[^1] ^= 1;
        File.WriteAllBytes(shard, bytes);
        Assert.Contains("is not what the journal says", Refusal(options), StringComparison.Ordinal);
        CompressionPipeline.Run(options with { Resume = false }, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Resuming_what_is_finished_answers_with_its_report()
    {
        using PipelineFixture fixture = new();
        CompressionOptions options = fixture.Options(Steps);
        int layers = CompressionPipeline.Run(options, TestContext.Current.CancellationToken).Layers.Count;
        Directory.CreateDirectory(options.Output + ".partial");
        Assert.Equal(layers, CompressionPipeline.Run(options with { Resume = true }, TestContext.Current.CancellationToken).Layers.Count);
        Assert.False(Directory.Exists(options.Output + ".partial"));
    }

    [Fact]
    public void Two_processes_do_not_compress_into_one_folder()
    {
        using PipelineFixture fixture = new();
        CompressionOptions options = fixture.Options(Steps);
        string? refusal = null;
        CompressionPipeline.Run(
            options with { Progress = progress => refusal ??= progress.Block == 1 ? Refusal(options) : null }, TestContext.Current.CancellationToken);
        Assert.Contains("Another process", refusal, StringComparison.Ordinal);
    }

    private static string Refusal(CompressionOptions options) =>
        Assert.Throws<CompressionException>(() => CompressionPipeline.Run(options, TestContext.Current.CancellationToken)).Message;

    private static void RunUntil(CompressionOptions options, Func<CompressionProgress, bool> stop)
    {
        using CancellationTokenSource source = new();
        CompressionPipeline.Run(
            options with
            {
                Progress = progress =>
                {
                    if (stop(progress))
                    {
                        source.Cancel();
                    }
                },
            },
            source.Token);
    }
}
