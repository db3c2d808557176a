using System.Text.Json;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Server.Jobs;
using Xunit;

namespace Sparrow.Server.Tests.Jobs;

public sealed class JobReportsTests
{
    [Theory]
    [InlineData(0.5, 100, 101, true)]
    [InlineData(0.5, 100, 80, true)]
    [InlineData(0.5, 100, 130, false)]
    [InlineData(0.0, 100, 80, false)]
    public void J_8_sparsity_that_brings_no_speed_is_said(double sparsity, double before, double after, bool isSaid)
    {
        JsonElement summary = JobReports.Summarize(Report(sparsity), new JobSpeed(before, after, 2000, 1000, 64));
        Assert.Equal(isSaid, Notes(summary).Any(note => note.Contains("Sparsity brings no speed", StringComparison.Ordinal)));
        Assert.Equal(after, summary.GetProperty("tokens_per_second_after").GetDouble());
    }

    [Fact]
    public void J_8_what_was_not_measured_is_absent_and_said_to_be()
    {
        JsonElement summary = JobReports.Summarize(Report(0.5), null);
        Assert.Equal(JsonValueKind.Null, summary.GetProperty("tokens_per_second_after").ValueKind);
        Assert.Equal(JsonValueKind.Null, summary.GetProperty("perplexity_after").ValueKind);
        Assert.Contains(Notes(summary), note => note.Contains("not measured", StringComparison.Ordinal));
    }

    [Fact]
    public void Layers_are_a_table_in_any_culture()
    {
        CompressionReport report = Report(0.5) with
        {
            Layers = [new LayerReport { Name = "a.weight", Block = 1, Rows = 2, Columns = 3, Method = "wanda", Sparsity = 0.5, BitsPerWeight = 8.25, Bytes = 7 }],
        };
        Assert.Equal("a.weight,1,2,3,wanda,0.5,8.25,7,,,,", JobReports.Layers(report).Split('\n')[1]);
    }

    [Fact]
    public void The_built_in_texts_are_always_the_same_and_differ_from_each_other()
    {
        string text = BuiltInText.Calibration();
        Assert.Equal(text, BuiltInText.Calibration());
        Assert.True(text.Length > 300_000 && BuiltInText.Evaluation().Length > 150_000);
        string[] evaluated = BuiltInText.Evaluation().Split("\n\n").Where(paragraph => paragraph.Length > 200).ToArray();
        Assert.DoesNotContain(evaluated, paragraph => text.Contains(paragraph, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Notes(JsonElement summary) => summary.GetProperty("notes").EnumerateArray().Select(note => note.GetString()!);

    private static CompressionReport Report(double sparsity) => new()
    {
        Model = "m",
        SourceDigest = "d",
        Recipe = JsonElement.Parse("{}"),
        Seed = 1,
        Kernels = "scalar",
        Seconds = 1,
        SizeBefore = new ModelSize(1000, 4000, 0),
        SizeAfter = new ModelSize(1000, 1000, sparsity),
    };
}
