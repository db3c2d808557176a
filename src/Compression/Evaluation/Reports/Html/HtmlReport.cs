using System.Globalization;
using System.Text.Json;

namespace Sparrow.Compression.Evaluation.Reports.Html;

/// <summary>
/// A report as one page of HTML that needs nothing beside itself: no script, no font, no picture from anywhere. Light or dark as the reader's
/// system is.
/// </summary>
public static class HtmlReport
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>The page of a compression.</summary>
    public static string Write(CompressionReport report) => Write(new ReportPage
    {
        Title = $"Compression of {report.Model}",
        Facts =
        [
            ("source", report.SourceDigest),
            ("kernels", report.Kernels),
            ("seed", report.Seed.ToString(CultureInfo.InvariantCulture)),
            ("wall time", Duration(report.Seconds)),
            .. report.PeakMemoryBytes is { } peak ? [("peak memory", Bytes(peak))] : Array.Empty<(string, string)>(),
            .. report.LayerErrors is { } errors ? [("layer errors", errors)] : Array.Empty<(string, string)>(),
            .. report.CalibrationTokens is { } tokens ? [("calibration", $"{Count(tokens)} tokens")] : Array.Empty<(string, string)>(),
        ],
        Before = new MeasuredModel("Before", report.SizeBefore, report.EvaluationBefore),
        After = new MeasuredModel("After", report.SizeAfter, report.EvaluationAfter),
        Layers = report.Layers,
        Training = report.Training,
        Stages = report.Stages,
        Warnings = report.Warnings,
        Recipe = JsonSerializer.Serialize(report.Recipe, s_indented),
    });

    /// <summary>The page of anything that has two sides.</summary>
    public static string Write(ReportPage page)
    {
        Markup markup = new();
        markup.Open("html", ("lang", "en")).NewLine().Open("head").Empty("meta", ("charset", "utf-8"));
        markup.Empty("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"));
        markup.Element("title", page.Title).Style(PageStyle.Sheet).Close().NewLine();
        markup.Open("body").Open("main").Element("h1", page.Title);
        WriteFacts(markup, page.Facts);
        WriteWarnings(markup, page.Warnings);
        MeasureTable.Write(markup, page.Before, page.After);
        LayerSection.Write(markup, page.Layers);
        BlockSection.Write(markup, page.Blocks);
        TrainingSection.Write(markup, page.Training);
        WriteStages(markup, page.Stages);
        if (page.Recipe is { } recipe)
        {
            markup.Element("h2", "Recipe").Element("pre", recipe);
        }

        markup.Close().Close().Close().NewLine();
        return "<!DOCTYPE html>\n" + markup;
    }

    internal static string Bytes(long bytes) => bytes < 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:F1} KiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024):N1} MiB");

    internal static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    internal static string Duration(double seconds) => seconds < 120
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds:F1} s")
        : string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:F1} min");

    private static void WriteFacts(Markup markup, IReadOnlyList<(string Name, string Value)> facts)
    {
        if (facts.Count == 0)
        {
            return;
        }

        markup.Open("dl");
        foreach ((string name, string value) in facts)
        {
            markup.Open("div").Element("dt", name).Element("dd", value).Close();
        }

        markup.Close().NewLine();
    }

    private static void WriteWarnings(Markup markup, IReadOnlyList<string> warnings)
    {
        if (warnings.Count == 0)
        {
            return;
        }

        markup.Open("section", ("class", "warnings")).Element("h2", "Warnings").Open("ul");
        foreach (string warning in warnings)
        {
            markup.Element("li", warning);
        }

        markup.Close().Close().NewLine();
    }

    private static void WriteStages(Markup markup, IReadOnlyList<StageTime> stages)
    {
        if (stages.Count == 0)
        {
            return;
        }

        markup.Element("h2", "Time").Open("table");
        foreach (StageTime stage in stages)
        {
            markup.Open("tr").Element("th", stage.Name).Element("td", Duration(stage.Seconds)).Close();
        }

        markup.Close().NewLine();
    }
}
