using System.Globalization;

namespace Sparrow.Compression.Evaluation.Reports.Html;

/// <summary>Sizes and measures of both sides, a row each, with what changed.</summary>
internal static class MeasureTable
{
    public static void Write(Markup markup, MeasuredModel before, MeasuredModel after)
    {
        markup.Element("h2", $"{before.Heading} and {after.Heading.ToLowerInvariant()}").Open("div", ("class", "wide")).Open("table");
        markup.Open("tr").Element("th", "").Element("th", before.Heading).Element("th", after.Heading).Element("th", "Change").Close().NewLine();
        WriteSizes(markup, before.Size, after.Size);
        WritePerplexity(markup, before.Evaluation?.Perplexity, after.Evaluation?.Perplexity);
        WriteTasks(markup, before.Evaluation?.Tasks, after.Evaluation?.Tasks);
        markup.Close().Close().NewLine();
        if (after.Evaluation?.Agreement is { } agreement)
        {
            WriteAgreement(markup, agreement);
        }
    }

    private static void WriteSizes(Markup markup, ModelSize? before, ModelSize? after)
    {
        if (before is null || after is null)
        {
            return;
        }

        Row(markup, "parameters", HtmlReport.Count(before.Parameters), HtmlReport.Count(after.Parameters), "");
        string share = before.Bytes == 0 ? "" : $"{Number(after.Bytes / (double)before.Bytes, 3)} ×";
        Row(markup, "size", HtmlReport.Bytes(before.Bytes), HtmlReport.Bytes(after.Bytes), share);
        Row(markup, "bits a weight", Number(before.BitsPerWeight, 2), Number(after.BitsPerWeight, 2), Signed(after.BitsPerWeight - before.BitsPerWeight, 2));
        if (before.Sparsity > 0 || after.Sparsity > 0)
        {
            Row(markup, "zeros in compressed matrices", Percent(before.Sparsity), Percent(after.Sparsity), "");
        }
    }

    private static void WritePerplexity(Markup markup, PerplexityReport? before, PerplexityReport? after)
    {
        if (before is null && after is null)
        {
            return;
        }

        PerplexityReport either = (after ?? before)!;
        string change = before is null || after is null
            ? ""
            : $"{Signed(after.Value - before.Value, 4)} ({Signed(100 * ((after.Value / before.Value) - 1), 2)} %)";
        Row(
            markup, $"perplexity ({either.Convention}, {either.Windows} windows of {either.Window})", Text(before), Text(after), change);
    }

    private static void WriteTasks(
        Markup markup, IReadOnlyDictionary<string, TaskReport>? before, IReadOnlyDictionary<string, TaskReport>? after)
    {
        foreach (string name in (after ?? before)?.Keys ?? [])
        {
            TaskReport? left = before?.GetValueOrDefault(name);
            TaskReport? right = after?.GetValueOrDefault(name);
            Row(
                markup, $"{name}, accuracy ({(right ?? left)!.Items} items)", Share(left?.Accuracy, left?.StandardError),
                Share(right?.Accuracy, right?.StandardError), Signed(right?.Accuracy - left?.Accuracy, 4));
            Row(
                markup, $"{name}, by bytes", Share(left?.NormalizedAccuracy, left?.NormalizedStandardError),
                Share(right?.NormalizedAccuracy, right?.NormalizedStandardError), Signed(right?.NormalizedAccuracy - left?.NormalizedAccuracy, 4));
        }
    }

    private static void WriteAgreement(Markup markup, AgreementReport agreement)
    {
        markup.Element("h2", "Agreement").Element(
            "p", $"Next-token distributions over {HtmlReport.Count(agreement.Tokens)} positions; Kullback-Leibler divergence in nats.");
        markup.Open("table");
        Pair(markup, "mean divergence", $"{Number(agreement.MeanKl, 5)} ± {Number(agreement.MeanKlStandardError, 5)}");
        Pair(markup, "median", Number(agreement.MedianKl, 5));
        Pair(markup, "99 %", Number(agreement.Percentile99Kl, 4));
        Pair(markup, "largest", Number(agreement.MaximumKl, 4));
        Pair(markup, "same most likely token", $"{Percent(agreement.Top1Agreement)} ± {Percent(agreement.Top1StandardError)}");
        markup.Close().NewLine();
    }

    private static void Row(Markup markup, string name, string before, string after, string change) =>
        markup.Open("tr").Element("th", name).Element("td", before).Element("td", after).Element("td", change).Close().NewLine();

    private static void Pair(Markup markup, string name, string value) =>
        markup.Open("tr").Element("th", name).Element("td", value).Close().NewLine();

    private static string Text(PerplexityReport? report) => report is null
        ? "–"
        : Number(report.Value, 4) + (report.StandardError is { } error ? $" ± {Number(error, 4)}" : "");

    private static string Share(double? share, double? error) => share is null ? "–" : $"{Number(share.Value, 4)} ± {Number(error ?? 0, 4)}";

    private static string Percent(double? share) => share is null ? "–" : share.Value.ToString("P1", CultureInfo.InvariantCulture);

    private static string Signed(double? value, int digits) => value is null ? "" : (value < 0 ? "−" : "+") + Number(Math.Abs(value.Value), digits);

    private static string Number(double value, int digits) => value.ToString("N" + digits, CultureInfo.InvariantCulture);
}
