using System.Text.Json;
using System.Text.Json.Nodes;
using Sparrow.Compression.Evaluation.Reports;
using Xunit;

namespace Sparrow.Compression.Tests.Evaluation.Reports;

public sealed class ReportJsonTests
{
    [Fact]
    public void A_report_comes_back_as_it_was_written()
    {
        CompressionReport report = SampleReport.Create();

        CompressionReport read = ReportJson.Read(ReportJson.Write(report));

        Assert.Equal(ReportJson.Write(report), ReportJson.Write(read));
        Assert.Equal(report.Layers, read.Layers);
        Assert.Equal(report.EvaluationAfter!.Agreement, read.EvaluationAfter!.Agreement);
    }

    [Fact]
    public void Names_are_those_that_readers_know()
    {
        JsonNode json = JsonNode.Parse(ReportJson.Write(SampleReport.Create()))!;

        Assert.Equal(
            [
                "version", "model", "source_digest", "recipe", "seed", "kernels", "seconds", "stages", "peak_memory_bytes", "calibration_tokens",
                "size_before", "size_after", "evaluation_before", "evaluation_after", "layer_errors", "layers", "training", "warnings",
            ],
            Names(json));
        Assert.Equal(["parameters", "bytes", "sparsity", "bits_per_weight"], Names(json["size_after"]!));
        Assert.Equal(
            ["name", "block", "rows", "columns", "method", "sparsity", "bits_per_weight", "bytes", "rank", "squared_error", "relative_error", "seconds"],
            Names(json["layers"]![0]!));
        Assert.Equal(["perplexity", "tasks", "agreement"], Names(json["evaluation_after"]!));
        Assert.Equal(
            ["tokens", "mean_kl", "mean_kl_standard_error", "median_kl", "percentile99_kl", "maximum_kl", "top1_agreement", "top1_standard_error"],
            Names(json["evaluation_after"]!["agreement"]!));
    }

    [Fact]
    public void A_text_that_lacks_a_required_member_is_refused()
    {
        JsonObject json = JsonNode.Parse(ReportJson.Write(SampleReport.Create()))!.AsObject();
        json.Remove("source_digest");

        JsonException exception = Assert.Throws<JsonException>(() => ReportJson.Read(json.ToJsonString()));

        Assert.Contains("source_digest", exception.Message, StringComparison.Ordinal);
    }

    private static string[] Names(JsonNode node) => [.. node.AsObject().Select(pair => pair.Key)];
}
