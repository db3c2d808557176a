using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Planning;
using Sparrow.Compression.Recipes;
using Sparrow.Compression.Tests.Pipeline;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Planning;

public sealed class ServingPlannerTests : IDisposable
{
    private static readonly string[] s_products = ["f32", "bf16", "bitmap-bf16", "int8×int8", "int4×int8", "bitmap-int8×int8", "bitmap-int4×int8"];

    // Two blocks, hidden 64, four heads of 16 on two of keys and values, MLP 128, vocabulary a multiple of 32: nothing is padded.
    private readonly TinyModel _folder = TinyModel.Create(new RandomCheckpointOptions { VocabularySize = 320, Tokenizer = false, ContextLength = 4096 });

    [Fact]
    public void A_machine_that_only_reads_slowly_decodes_at_its_bandwidth()
    {
        // A block: q and o of 64 × 64, k and v of 32 × 64, three of 128 × 64; then the head. As floats.
        const long BlockWeights = (2 * 64 * 64) + (2 * 32 * 64) + (3 * 128 * 64);
        const long Read = ((2 * BlockWeights) + (320 * 64) + 64) * sizeof(float);

        PhasePlan plan = Plan(Rates() with { ReadBytesPerSecond = 1e6 }, new PlanPhase("decode", 1, 1, 0));

        Assert.Equal(Read, plan.WeightBytes);
        Assert.Equal("memory", plan.Bound);

        // Beside weights there are activations, and of the cache a token that is read and written.
        double activations = ((6 * 64) + (3 * 128) + (2 * 64)) * sizeof(float) * 2;
        Assert.Equal(2 * 2 * 2 * 16 * 2 * sizeof(short), plan.KvBytes);
        Assert.Equal((Read + activations + plan.KvBytes) / 1e6, plan.Seconds, plan.Seconds * 1e-3);
    }

    [Fact]
    public void A_machine_that_only_multiplies_slowly_is_bound_by_operations()
    {
        PhasePlan one = Plan(Rates(1e3), new PlanPhase("decode", 1, 1, 0));
        PhasePlan eight = Plan(Rates(1e3), new PlanPhase("decode", 1, 8, 0));

        Assert.Equal("compute", one.Bound);
        Assert.Equal(one.TokensPerSecond, eight.TokensPerSecond, one.TokensPerSecond * 0.01);
        Assert.Equal(2.0 * (((2 * 64 * 64) + (2 * 32 * 64) + (3 * 128 * 64)) * 2 + (320 * 64)), one.Operations - (4 * 4 * 16 * 2), 1e-6);
    }

    [Fact]
    public void Sequences_at_once_share_the_reading_of_weights_and_a_longer_context_costs()
    {
        MachineRates rates = Rates() with { ReadBytesPerSecond = 1e6 };

        PhasePlan one = Plan(rates, new PlanPhase("decode", 1, 1, 512));
        PhasePlan eight = Plan(rates, new PlanPhase("decode", 1, 8, 512));
        PhasePlan longer = Plan(rates, new PlanPhase("decode", 1, 1, 2048));

        Assert.InRange(eight.TokensPerSecond, one.TokensPerSecond * 2, one.TokensPerSecond * 8);
        Assert.True(longer.Seconds > one.Seconds);
        Assert.Equal(one.KvBytes * 2049 / 513, longer.KvBytes, one.KvBytes * 0.01);
    }

    [Fact]
    public void A_prompt_longer_than_a_step_reads_the_weights_again()
    {
        PhasePlan one = Plan(Rates(), new PlanPhase("prefill", 512, 1, 0));
        PhasePlan four = Plan(Rates(), new PlanPhase("prefill", 2048, 1, 0));

        PhasePlan head = Plan(Rates(), new PlanPhase("decode", 1, 1, 0));
        double fixedBytes = 320 * 64 * sizeof(float);
        double blocks = head.WeightBytes - fixedBytes - (64 * sizeof(float));
        Assert.Equal(blocks + fixedBytes + (512 * 64 * sizeof(float)), one.WeightBytes);
        Assert.Equal((4 * blocks) + fixedBytes + (2048 * 64 * sizeof(float)), four.WeightBytes);
    }

    [Theory]
    [InlineData("""{"type":"prune","method":"magnitude","sparsity":0.5}""", "bitmap-bf16", 9.0625)]
    [InlineData("""{"type":"prune","method":"magnitude","pattern":"2:4"},{"type":"quantize","method":"rtn","bits":8,"group_size":64,"symmetric":true}""", "bitmap-int8-g64", 5.3125)]
    [InlineData("""{"type":"quantize","method":"rtn","bits":4,"group_size":64,"symmetric":true}""", "int4-g64", 4.25)]
    [InlineData("""{"type":"quantize","method":"rtn","bits":3,"group_size":32}""", "int4-g32-zero", 4.75)]
    public void A_recipe_changes_the_layout_of_what_it_concerns(string steps, string layout, double bits)
    {
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Folder);
        CompressionRecipe recipe = CompressionRecipe.Parse($$"""{"version":1,"output":{"type":"bf16"},"steps":[{{steps}}]}""");

        PlanReport report = PlanReport.Create(checkpoint, Rates(), KvProfile.Preset("kv16", 2), int8Activations: true, recipe: recipe);

        PlannedMatrix matrix = report.Compressed!.Layers.First(layer => layer.Name == "model.layers.1.mlp.up_proj.weight");
        Assert.Equal(layout, matrix.Layout);
        Assert.Equal(bits, matrix.BitsPerWeight, 0.01);
        Assert.Equal("f32", report.Compressed.Layers[0].Layout);
        Assert.True(report.Compressed.WeightBytes < report.Current.WeightBytes);
    }

    [Theory]
    [InlineData("""{"type":"prune","method":"magnitude","sparsity":0.5}""")]
    [InlineData("""{"type":"quantize","method":"rtn","bits":4,"group_size":64}""")]
    [InlineData("""{"type":"quantize","method":"rtn","bits":8,"group_size":32,"symmetric":true,"embeddings":"8"}""")]
    [InlineData("""{"type":"prune","method":"magnitude","sparsity":0.5},{"type":"quantize","method":"rtn","bits":8,"group_size":64,"symmetric":true}""")]
    public void A_recipe_makes_what_its_plan_says(string steps)
    {
        using PipelineFixture fixture = new(new RandomCheckpointOptions { Type = "bf16" });
        CompressionOptions options = fixture.Options(steps);
        CompressionPipeline.Run(options, TestContext.Current.CancellationToken);
        using Checkpoint source = Checkpoint.Open(fixture.Model);
        using Checkpoint artifact = Checkpoint.Open(options.Output);

        PlannedWeights planned = PlannedWeights.Of(source).After(options.Recipe);
        PlannedWeights made = PlannedWeights.Of(artifact);

        // Room behind packed values is a fixed number of bytes, which shows in matrices as small as these.
        foreach ((PlannedMatrix plan, PlannedMatrix matrix) in planned.Matrices.Zip(made.Matrices))
        {
            Assert.Equal((matrix.Name, matrix.Layout), (plan.Name, plan.Layout));
            Assert.InRange(plan.Bytes, 0.85 * (matrix.Bytes - 128), 1.15 * matrix.Bytes);
        }
    }

    [Fact]
    public void What_a_step_does_not_include_stays()
    {
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Folder);
        CompressionRecipe recipe = CompressionRecipe.Parse(
            """{"version":1,"steps":[{"type":"quantize","method":"rtn","bits":8,"group_size":64,"include":["mlp"],"embeddings":"8"}]}""");

        PlanReport report = PlanReport.Create(checkpoint, Rates(), KvProfile.Preset("kv16", 2), int8Activations: true, recipe: recipe);

        Assert.All(report.Compressed!.Layers, layer => Assert.Equal(layer.Name.Contains("self_attn", StringComparison.Ordinal), layer.Layout == "f32"));
    }

    [Fact]
    public void Compression_that_needs_gram_matrices_takes_their_memory_and_time()
    {
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Folder);
        CompressionPlan plain = Compress("""{"type":"prune","method":"magnitude","sparsity":0.5}""", calibration: "");
        CompressionPlan measured = Compress("""{"type":"prune","method":"magnitude","sparsity":0.5}""");
        CompressionPlan solved = Compress("""{"type":"prune","method":"sparsegpt","sparsity":0.5}""");

        Assert.Equal(0, plain.CalibrationTokens);
        Assert.Equal(0, plain.Seconds);
        Assert.Equal(4 * 256, solved.CalibrationTokens);

        // Three inputs of 64 columns and one of 128; rates of one make seconds of operations.
        double squares = (3 * 64 * 64) + (128 * 128);
        Assert.Equal(2 * 1024 * squares, solved.Parts["statistics"], 1);
        Assert.Equal(2.0 * ((3 * 64 * 64 * 64) + (128 * 128 * 128)), solved.Parts["factorisations"], 1);
        Assert.Equal((solved.Parts["statistics"], 0), (measured.Parts["statistics"], measured.Parts["factorisations"]));
        Assert.True(solved.PeakMemoryBytes > plain.PeakMemoryBytes + (squares * sizeof(double)));

        CompressionPlan Compress(string step, string calibration = """ "calibration":{"text":"f.txt","samples":4,"length":256},""")
        {
            CompressionRecipe recipe = CompressionRecipe.Parse($$"""{"version":1,{{calibration}}"steps":[{{step}}]}""");
            MachineRates rates = Rates() with { GramPerSecond = 1, FactorPerSecond = 1, SweepPerSecond = 1 };
            return PlanReport.Create(checkpoint, rates, KvProfile.Preset("kv16", 2), int8Activations: true, recipe: recipe).Compression!;
        }
    }

    public void Dispose() => _folder.Dispose();

    private PhasePlan Plan(MachineRates rates, PlanPhase phase)
    {
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Folder);
        return PlanReport.Create(checkpoint, rates, KvProfile.Preset("kv16", 2), int8Activations: true, [phase]).Current.Phases[0];
    }

    // A machine for which nothing costs anything, but products where that is asked for.
    private static MachineRates Rates(double products = 1e30) => new()
    {
        Processor = "paper",
        Kernels = "scalar",
        Threads = 1,
        ReadBytesPerSecond = 1e30,
        DispatchSeconds = 0,
        AttentionOperationsPerSecond = 1e30,
        Products = s_products.ToDictionary(kind => kind, _ => (IReadOnlyList<double>)[products, products, products, products]),
        GramPerSecond = 1e30,
        FactorPerSecond = 1e30,
        SweepPerSecond = 1e30,
    };
}
