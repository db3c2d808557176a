using System.IO.Compression;
using System.Text.Json;
using Sparrow.Compression.Calibration;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Recipes;
using Sparrow.Compression.Steps;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Threading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Steps;

/// <summary>The first blocks of SmolLM2 against the reference runs; scripts/compress-smollm2.sh runs the whole model.</summary>
public sealed class SmolLm2BlockTests
{
    private static string ModelPath => SharedData.Require("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");

    [Fact]
    public void Wandas_masks_of_the_first_block_are_the_authors()
    {
        using Checkpoint model = Checkpoint.Open(ModelPath);
        using BlockRunner runner = Open(model, samples: 8, length: 2048);
        BlockContext block = runner.Open(0, StatisticsNeed.Channels, 0, readOnly: true);
        foreach ((string file, string amount) in new[]
        {
            ("wanda-50", "\"sparsity\":0.5"), ("wanda-60", "\"sparsity\":0.6"), ("wanda-70", "\"sparsity\":0.7"), ("wanda-2of4", "\"pattern\":\"2:4\""),
        })
        {
            PruneStep step = (PruneStep)Step($$"""{"type":"prune","method":"wanda",{{amount}}}""");
            using JsonDocument reference = JsonDocument.Parse(File.ReadAllText(SharedData.Require("golden", "compression", $"{file}.json")));
            foreach (JsonProperty bits in reference.RootElement.GetProperty("mask_bits").EnumerateObject())
            {
                LinearState linear = block.Linears.Single(linear => linear.Name == $"{bits.Name}.weight");
                PruneTarget target = PruneTargets.Read(Arguments($$"""{"type":"prune","method":"wanda",{{amount}}}"""));
                PruneMask mask = step.Prune(block, linear, target, step.NewHessians(block)).Mask;
                Assert.True(Agreement(mask, bits.Value.GetString()!) >= 0.999, $"{file}: {bits.Name}");
            }
        }
    }

    [Theory]
    [InlineData("dsnot-wanda-60", "\"sparsity\":0.6")]
    [InlineData("dsnot-wanda-2of4", "\"pattern\":\"2:4\"")]
    public void Released_swaps_of_the_first_block_are_the_authors(string file, string amount)
    {
        using Checkpoint model = Checkpoint.Open(ModelPath);
        using BlockRunner runner = Open(model, samples: 8, length: 2048);
        BlockContext block = runner.Open(0, StatisticsNeed.Channels, 0);
        Step($$"""{"type":"prune","method":"wanda",{{amount}}}""").Apply(block);
        Step("""{"type":"refine","method":"dsnot","dialect":"released","layers":"all"}""").Apply(block);
        using JsonDocument reference = JsonDocument.Parse(File.ReadAllText(SharedData.Require("golden", "compression", $"{file}.json")));
        foreach (JsonProperty bits in reference.RootElement.GetProperty("mask_bits").EnumerateObject())
        {
            LinearState linear = block.Linears.Single(linear => linear.Name == $"{bits.Name}.weight");
            Assert.True(Agreement(linear.Mask!, bits.Value.GetString()!) >= 0.999, $"{file}: {bits.Name}");
        }

        foreach (JsonProperty sum in reference.RootElement.GetProperty("weight_abs_sum").EnumerateObject())
        {
            if (block.Linears.FirstOrDefault(linear => linear.Name == $"{sum.Name}.weight") is { } linear)
            {
                double expected = sum.Value.GetDouble();
                Assert.Equal(expected, linear.Values.Sum(value => (double)Math.Abs(value)), 1e-6 * expected);
            }
        }
    }

    [Fact]
    public void On_the_attention_of_two_blocks_every_claim_about_layer_errors_holds()
    {
        using Checkpoint model = Checkpoint.Open(ModelPath);

        // GPTQ below rounding on every linear; APT's theorem row by row; the guard never worse; EoRA takes something away everywhere.
        foreach (LinearState linear in Compress(model, """{"type":"quantize","method":"gptq","bits":3,"group_size":64}"""))
        {
            Assert.True(Error(linear) < linear.Measures["rtn_squared_error"], linear.Name);
        }

        foreach (LinearState linear in Compress(model, """{"type":"prune","method":"apt","sparsity":0.6}"""))
        {
            Assert.Equal(0, linear.Measures["rows_above_sparsegpt"]);
        }

        foreach (LinearState linear in Compress(
            model, """{"type":"prune","method":"wanda","pattern":"2:4"},{"type":"compensate","method":"eora","rank":32}"""))
        {
            Assert.True(linear.Measures["eora_error_after"] < 0.95 * linear.Measures["eora_error_before"], linear.Name);
        }
    }

    [Fact]
    public void Guarded_swaps_raise_no_linears_error_on_the_first_block()
    {
        using Checkpoint model = Checkpoint.Open(ModelPath);
        using BlockRunner runner = Open(model, samples: 2, length: 256);
        BlockContext block = runner.Open(0, StatisticsNeed.Gram, 0);
        Step("""{"type":"prune","method":"wanda","sparsity":0.6}""").Apply(block);
        double[] before = [.. block.Linears.Select(Error)];

        Step("""{"type":"refine","method":"dsnot"}""").Apply(block);

        Assert.All(block.Linears.Zip(before), pair => Assert.True(Error(pair.First) <= pair.Second * (1 + 1e-9), pair.First.Name));
        Assert.Contains(block.Linears, linear => linear.Measures["dsnot_swaps"] > 0);
    }

    /// <summary>Two blocks through the steps, one after the other; what is left of them.</summary>
    private static IEnumerable<LinearState> Compress(Checkpoint model, string steps)
    {
        using BlockRunner runner = Open(model, samples: 2, length: 256);
        CompressionStep[] made = [.. CompressionRecipe.Parse($$"""{"version":1,"steps":[{{steps}}]}""").Steps.Select(step => step.Create())];
        for (int layer = 0; layer < 2; layer++)
        {
            BlockContext block = runner.Open(layer, StatisticsNeed.Gram, 0);
            block.Linears = [.. block.AllLinears.Where(linear => linear.Name.Contains(".self_attn.", StringComparison.Ordinal))];
            foreach (CompressionStep step in made)
            {
                step.Apply(block);
            }

            foreach (LinearState linear in block.Linears)
            {
                yield return linear;
            }

            runner.Advance(block);
        }
    }

    private static BlockRunner Open(Checkpoint model, int samples, int length)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(SharedData.Require("golden", "compression", "calibration_ids.json")));
        List<int[]> segments =
        [
            .. document.RootElement.GetProperty("samples").EnumerateArray().Take(samples)
                .Select(sample => sample.EnumerateArray().Take(length).Select(id => id.GetInt32()).ToArray()),
        ];
        BlockRunner runner = new(
            model, segments, KernelSet.Select("auto"), WorkerPool.Shared, long.MaxValue, "", 0, _ => { }, TestContext.Current.CancellationToken);
        runner.Embed();
        return runner;
    }

    private static RecipeArguments Arguments(string step) => CompressionRecipe.Parse($$"""{"version":1,"steps":[{{step}}]}""").Steps[0].Arguments;

    private static CompressionStep Step(string step) => CompressionRecipe.Parse($$"""{"version":1,"steps":[{{step}}]}""").Steps[0].Create();

    private static double Error(LinearState linear)
    {
        LayerStatistics statistics = linear.Statistics;
        return SquaredError.ByRow(linear.ReadOriginal(), linear.Values, linear.Rows, linear.Columns, statistics.Gram()).Sum();
    }

    // Base64 of zlib of the kept bits, row-major, least significant bit first.
    private static double Agreement(PruneMask mask, string stored)
    {
        using ZLibStream zlib = new(new MemoryStream(Convert.FromBase64String(stored)), CompressionMode.Decompress);
        using MemoryStream bits = new();
        zlib.CopyTo(bits);
        byte[] expected = bits.ToArray();
        int same = 0;
        for (int i = 0; i < mask.Rows * mask.Columns; i++)
        {
            same += mask.IsKept(i / mask.Columns, i % mask.Columns) == ((expected[i / 8] >> (i % 8) & 1) != 0) ? 1 : 0;
        }

        return (double)same / (mask.Rows * mask.Columns);
    }
}
