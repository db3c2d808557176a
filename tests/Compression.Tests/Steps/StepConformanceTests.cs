using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Steps;
using Sparrow.Compression.Tests.Pipeline;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Compression.Tests.Steps;

/// <summary>What every method of the registry must hold to, on a small model; a new one is seen here by itself.</summary>
public sealed class StepConformanceTests
{
    private const string HalfByWanda = """{"type":"prune","method":"wanda","sparsity":0.5}""";

    // Floats of the decoded values: what the methods made, apart from what formats hold.
    private const string Plain = """, "output":{"type":"f32","format":"plain"}""";

    /// <summary>Methods that work on weights, and some of their variants.</summary>
    public static TheoryData<string> Steps()
    {
        TheoryData<string> steps = [];
        foreach (StepDefinition definition in WeightSteps)
        {
            steps.Add(Minimal(definition));
        }

        steps.Add("""{"type":"prune","method":"magnitude","sparsity":0.5,"scope":"row"}""");
        steps.Add("""{"type":"prune","method":"apt","pattern":"2:4","mask":"joint"}""");
        steps.Add("""{"type":"prune","method":"wanda","sparsity":0.5,"allocation":"owl"}""");
        steps.Add("""{"type":"prune","method":"wanda","sparsity":0.5,"allocation":{"method":"rmi","range":0.1}}""");
        steps.Add(
            """
            {"type":"prune","method":"sparsegpt","sparsity":0.5,
             "allocation":{"method":"evopress","generations":2,"offspring":3,"tokens":32,"final_tokens":64,"reach":2}}
            """);
        steps.Add("""{"type":"quantize","method":"rtn","bits":8,"group_size":32,"embeddings":"8"}""");
        steps.Add("""{"type":"quantize","method":"rtn","bits":3,"symmetric":true,"search_range":true}""");
        steps.Add("""{"type":"quantize","method":"gptq","bits":4,"group_size":32,"act_order":true}""");
        steps.Add("""{"type":"quantize","method":"awq","bits":4,"group_size":32,"weigh_weights":true}""");
        steps.Add("""{"type":"compensate","method":"eora","rank":4,"merge":true}""");
        return steps;
    }

    /// <summary>Without the one that chooses its own mask, and the correction beside the weights, which a reader adds to them.</summary>
    public static TheoryData<string> LaterSteps() =>
    [
        .. Steps().Select(step => step.Data).Where(step =>
            !step.Contains("\"quantize\",\"method\":\"sparsegpt\"", StringComparison.Ordinal)
            && (!step.Contains("\"compensate\"", StringComparison.Ordinal) || step.Contains("merge", StringComparison.Ordinal))),
    ];

    public static TheoryData<string> PatternedSteps() =>
        [.. WeightSteps.Where(definition => definition.Shape.Members.Any(member => member.Name == "pattern")).Select(definition =>
            Minimal(definition).Replace("\"sparsity\":0.5", "\"pattern\":\"2:4\"", StringComparison.Ordinal))];

    private static IEnumerable<StepDefinition> WeightSteps => StepRegistry.All.Where(definition => definition.Type is "prune" or "refine" or "compensate" or "quantize");

    [Theory]
    [MemberData(nameof(Steps))]
    public void The_artifact_loads_with_finite_weights_and_the_same_bytes_for_any_thread_count(string step)
    {
        using PipelineFixture fixture = new();
        CompressionOptions one = fixture.Options(Recipe(step), "one");
        CompressionOptions four = fixture.Options(Recipe(step), "four");
        using WorkerPool single = new(1);
        using WorkerPool several = new(4);

        CompressionReport report = CompressionPipeline.Run(one with { Pool = single }, TestContext.Current.CancellationToken);
        CompressionPipeline.Run(four with { Pool = several }, TestContext.Current.CancellationToken);

        Assert.NotEmpty(report.Layers);
        foreach (string file in Directory.GetFiles(one.Output, "*.safetensors"))
        {
            Assert.True(
                File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(four.Output, Path.GetFileName(file)))),
                $"{Path.GetFileName(file)} depends on the number of threads.");
        }

        using LoadedModel model = ModelLoader.Load(one.Output, new InferenceOptions());
        foreach ((_, float[] values) in Weights(one.Output))
        {
            Assert.All(values, value => Assert.True(float.IsFinite(value)));
        }
    }

    [Theory]
    [MemberData(nameof(LaterSteps))]
    public void A_mask_survives_every_later_step(string step)
    {
        using PipelineFixture fixture = new();
        CompressionOptions masked = fixture.Options(HalfByWanda, "masked");
        CompressionOptions later = fixture.Options($"{HalfByWanda},{step}", "later", Plain);

        CompressionPipeline.Run(masked, TestContext.Current.CancellationToken);
        CompressionPipeline.Run(later, TestContext.Current.CancellationToken);

        Dictionary<string, float[]> expected = Weights(masked.Output);
        foreach ((string name, float[] values) in Weights(later.Output))
        {
            if (!name.StartsWith("model.layers.0.", StringComparison.Ordinal))
            {
                // What went through another first block gives another mask; its share is what is left to compare.
                Assert.True(values.Count(value => value == 0) >= values.Length / 2, name);
                continue;
            }

            int revived = expected[name].Zip(values).Count(pair => pair.First == 0 && pair.Second != 0);
            int lost = expected[name].Zip(values).Count(pair => pair.First != 0 && pair.Second == 0);

            // Refining swaps; all else only ever adds zeros, and a mask that is pruned once more stays zero where it was.
            if (step.Contains("\"refine\"", StringComparison.Ordinal))
            {
                Assert.Equal(lost, revived);
            }
            else
            {
                Assert.Equal(0, revived);
            }
        }
    }

    [Theory]
    [MemberData(nameof(PatternedSteps))]
    public void A_pattern_holds_in_every_group_of_every_linear(string step)
    {
        using PipelineFixture fixture = new();
        CompressionOptions options = fixture.Options(step, more: Plain);

        CompressionPipeline.Run(options, TestContext.Current.CancellationToken);

        foreach ((_, float[] values) in Weights(options.Output))
        {
            for (int start = 0; start < values.Length; start += 4)
            {
                Assert.True(values.AsSpan(start, 4).Count(0f) >= 2);
            }
        }
    }

    [Fact]
    public void Every_method_has_a_page()
    {
        string pages = File.ReadAllText(Path.Combine(Repository(), "docs", "methods", "README.md"));
        foreach (StepDefinition definition in WeightSteps.Concat(StepRegistry.All.Where(definition => definition.Type == "adapt")))
        {
            string name = definition switch
            {
                { Type: "quantize", Method: "sparsegpt" } => "joint",
                { Type: "adapt" } => "losa",
                _ => definition.Method!,
            };
            string page = Path.Combine(Repository(), "docs", "methods", $"{name}.md");
            Assert.True(File.Exists(page), $"{definition.Label} has no page {page}.");
            Assert.Contains(Path.GetFileName(page), pages, StringComparison.Ordinal);
            string text = File.ReadAllText(page);
            foreach (string member in definition.Shape.Members.Select(member => member.Name))
            {
                bool elsewhere = member is "pattern" or "allocation" or "scales" or "symmetric" or "search_range" or "embeddings" or "count" or "damping";
                Assert.True(elsewhere || text.Contains(member, StringComparison.Ordinal), $"{page} does not name the member '{member}'.");
            }
        }
    }

    private static string Repository()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Server.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
        }

        return folder.FullName;
    }

    /// <summary>The step with as few members as its shape allows.</summary>
    private static string Minimal(StepDefinition definition)
    {
        string sparsity = definition.Shape.AnyOf.Any(set => set.Contains("sparsity")) ? ",\"sparsity\":0.5" : "";
        return $$"""{"type":"{{definition.Type}}","method":"{{definition.Method}}"{{sparsity}}}""";
    }

    // What refines or compensates needs something to work on.
    private static string Recipe(string step) =>
        step.Contains("\"refine\"", StringComparison.Ordinal) || step.Contains("\"compensate\"", StringComparison.Ordinal) ? $"{HalfByWanda},{step}" : step;

    private static Dictionary<string, float[]> Weights(string folder)
    {
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        Dictionary<string, float[]> weights = new(StringComparer.Ordinal);
        for (int layer = 0; layer < checkpoint.Config.LayerCount; layer++)
        {
            foreach ((string name, int rows, int columns) in BlockTensors.Linears(checkpoint.Config, layer))
            {
                float[] values = new float[rows * columns];
                for (int row = 0; row < rows; row++)
                {
                    checkpoint.ReadRow(name, row, values.AsSpan(row * columns, columns));
                }

                weights.Add(name, values);
            }
        }

        return weights;
    }
}
