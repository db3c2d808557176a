using System.Text.Json;
using Sparrow.Compression.Evaluation.Reports;

namespace Sparrow.Compression.Tests.Evaluation.Reports;

/// <summary>A report with every member, and with text that would break a page that does not escape it.</summary>
internal static class SampleReport
{
    public const string Hostile = "<script>alert(\"x\")</script> & 'y'";

    public static CompressionReport Create()
    {
        using JsonDocument recipe = JsonDocument.Parse("""{"version":1,"steps":[{"type":"prune","method":"wanda","sparsity":0.5}]}""");
        return new CompressionReport
        {
            Model = "tiny " + Hostile,
            SourceDigest = "sha256:0123456789abcdef",
            Recipe = recipe.RootElement.Clone(),
            Seed = 7,
            Kernels = "scalar",
            Seconds = 12.5,
            Stages = [new StageTime("calibration", 2.5), new StageTime("prune", 10)],
            PeakMemoryBytes = 123_456_789,
            CalibrationTokens = 4096,
            SizeBefore = new ModelSize(1_000_000, 2_000_000, 0),
            SizeAfter = new ModelSize(1_000_000, 700_000, 0.5),
            EvaluationBefore = new EvaluationReport { Perplexity = Perplexity(20), Tasks = Tasks(0.4) },
            EvaluationAfter = new EvaluationReport { Perplexity = Perplexity(22.5), Tasks = Tasks(0.35), Agreement = Agreement() },
            LayerErrors = "over 4096 calibration tokens",
            Layers = [Layer(0, "q_proj", 0.5, 0.1), Layer(0, "down_proj", 0.25, 0.02), Layer(1, "q_proj", 0.75, 0.3)],
            Warnings = ["Two channels of " + Hostile + " are dead."],
        };
    }

    private static PerplexityReport Perplexity(double value) => new()
    {
        Value = value,
        StandardError = 0.25,
        Tokens = 4094,
        Convention = "gptq",
        Window = 2048,
        Windows = 2,
    };

    private static Dictionary<string, TaskReport> Tasks(double accuracy) =>
        new() { ["piqa"] = new TaskReport(100, accuracy, accuracy + 0.02, 0.049, 0.0494) };

    private static AgreementReport Agreement() => new()
    {
        Tokens = 4094,
        MeanKl = 0.12,
        MeanKlStandardError = 0.003,
        MedianKl = 0.05,
        Percentile99Kl = 1.1,
        MaximumKl = 4.5,
        Top1Agreement = 0.81,
        Top1StandardError = 0.006,
    };

    private static LayerReport Layer(int block, string name, double sparsity, double error) => new()
    {
        Name = $"model.layers.{block}.{name}.weight",
        Block = block,
        Rows = 64,
        Columns = 32,
        Method = "wanda",
        Sparsity = sparsity,
        BitsPerWeight = 1 + (16 * (1 - sparsity)),
        Bytes = 2048,
        Rank = 8,
        SquaredError = error * 100,
        RelativeError = error,
        Seconds = 0.5,
    };
}
