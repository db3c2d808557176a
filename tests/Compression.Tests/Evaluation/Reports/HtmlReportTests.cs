using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Linq;
using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Evaluation.Reports.Html;
using Xunit;

namespace Sparrow.Compression.Tests.Evaluation.Reports;

public sealed class HtmlReportTests
{
    private static readonly string[] s_reaching = ["src", "href", "srcset", "data", "action", "poster"];

    [Fact]
    public void The_page_is_well_formed_and_draws_every_layer()
    {
        CompressionReport report = SampleReport.Create();

        XDocument page = Parse(HtmlReport.Write(report));

        // Sparsity, bits and error, with a dot for each matrix in each.
        XElement[] plots = [.. page.Descendants("svg")];
        Assert.Equal(3, plots.Length);
        Assert.All(plots, plot => Assert.Equal(report.Layers.Count, plot.Descendants("circle").Count()));
        Assert.Contains(page.Descendants("circle"), dot => dot.Element("title")!.Value.StartsWith("model.layers.1.q_proj.weight: 0.3", StringComparison.Ordinal));
        Assert.Contains(page.Descendants("td"), cell => cell.Value == "+2.5000 (+12.50 %)");
    }

    [Fact]
    public void Losses_of_training_are_drawn_step_by_step()
    {
        AdaptRound[] rounds = [new(1, 0.3, [0.2, 0.4], 0, [], [4, 4], [3.5, 3.25]), new(2, 0.6, [0.5, 0.7], 0, [], [4, 4], [4.5])];
        CompressionReport report = SampleReport.Create() with { Training = rounds };
        XElement plot = Parse(HtmlReport.Write(report)).Descendants("svg").Last();
        Assert.Equal(
            ["step 1, round 1, 30 % pruned: 3.5", "step 2, round 1, 30 % pruned: 3.25", "step 3, round 2, 60 % pruned: 4.5"],
            plot.Descendants("circle").Select(dot => dot.Element("title")!.Value));
        Assert.Equal([3.5, 3.25], ReportJson.Read(ReportJson.Write(report)).Training[0].Losses);
    }

    [Fact]
    public void Every_figure_of_the_page_is_one_of_the_reports_json()
    {
        CompressionReport report = SampleReport.Create();
        XDocument page = Parse(HtmlReport.Write(report));
        JsonNode json = JsonNode.Parse(ReportJson.Write(report))!;

        // 1. A row of the table for each matrix, cell by cell.
        XElement[][] rows = [.. page.Descendants("details").Single().Descendants("tr").Skip(1).Select(row => row.Elements("td").ToArray())];
        JsonArray layers = json["layers"]!.AsArray();
        Assert.Equal(layers.Count, rows.Length);
        foreach ((JsonNode? layer, XElement[] cells) in layers.Zip(rows))
        {
            Assert.Equal((string)layer!["name"]!, cells[0].Value);
            Assert.Equal($"{layer["rows"]} × {layer["columns"]}", cells[1].Value);
            Assert.Equal((string)layer["method"]!, cells[2].Value);
            AssertShows(100 * (double)layer["sparsity"]!, cells[3].Value, 0.05);
            AssertShows((double)layer["bits_per_weight"]!, cells[4].Value, 0.005);
            AssertShows((long)layer["bytes"]! / 1024.0, cells[5].Value, 0.05);
            Assert.Equal(layer["rank"]!.ToString(), cells[6].Value);
            AssertShows((double)layer["squared_error"]!, cells[7].Value, 0.0005 * (double)layer["squared_error"]!);
            AssertShows((double)layer["relative_error"]!, cells[8].Value, 0.00005);
        }

        // 2. Dots, whose notes say what is drawn: sparsity, bits and error, a plot each.
        string[] drawn = ["sparsity", "bits_per_weight", "relative_error"];
        foreach ((XElement plot, string figure) in page.Descendants("svg").Zip(drawn))
        {
            foreach (string note in plot.Descendants("circle").Select(dot => dot.Element("title")!.Value))
            {
                JsonNode layer = layers.Single(layer => note.StartsWith((string)layer!["name"]! + ": ", StringComparison.Ordinal))!;
                AssertShows((double)layer[figure]!, note.Split(": ")[1], 0.00005);
            }
        }

        // 3. The table of before and after, and the facts above it.
        string[] first = [.. page.Descendants("table").First().Descendants("td").Select(cell => cell.Value)];
        foreach ((string side, string measure) in new[] { ("before", "20.0000 ± 0.2500"), ("after", "22.5000 ± 0.2500") })
        {
            Assert.Contains(measure, first);
            JsonNode perplexity = json[$"evaluation_{side}"]!["perplexity"]!;
            AssertShows((double)perplexity["value"]!, measure, 0.00005);
        }

        AssertShows((double)json["size_before"]!["bits_per_weight"]!, Row("bits a weight")[0], 0.005);
        AssertShows((double)json["size_after"]!["bits_per_weight"]!, Row("bits a weight")[1], 0.005);
        Dictionary<string, string> facts = page.Descendants("dl").Single().Elements("div").ToDictionary(fact => fact.Element("dt")!.Value, fact => fact.Element("dd")!.Value);
        Assert.Equal((string)json["source_digest"]!, facts["source"]);
        Assert.Equal((string)json["layer_errors"]!, facts["layer errors"]);
        AssertShows((double)json["seconds"]!, facts["wall time"], 0.05);
        AssertShows((double)json["calibration_tokens"]!, facts["calibration"], 0.5);
        AssertShows((long)json["peak_memory_bytes"]! / (1024.0 * 1024), facts["peak memory"], 0.05);

        string[] Row(string heading) =>
            [.. page.Descendants("tr").First(row => row.Element("th")?.Value == heading).Elements("td").Select(cell => cell.Value)];
    }

    // The first number of a text, whatever stands behind it.
    private static void AssertShows(double expected, string text, double tolerance)
    {
        string number = new([.. text.Replace(",", "", StringComparison.Ordinal).TakeWhile(letter => char.IsAsciiDigit(letter) || letter is '.' or '-' or 'e' or '+')]);
        Assert.Equal(expected, double.Parse(number, CultureInfo.InvariantCulture), tolerance * (1 + 1e-9));
    }

    [Fact]
    public void Text_cannot_become_markup()
    {
        XDocument page = Parse(HtmlReport.Write(SampleReport.Create()));

        Assert.Empty(page.Descendants("script"));
        Assert.Contains(SampleReport.Hostile, page.Descendants("h1").Single().Value, StringComparison.Ordinal);
        Assert.Contains(page.Descendants("li"), item => item.Value.Contains(SampleReport.Hostile, StringComparison.Ordinal));
    }

    [Fact]
    public void The_page_needs_nothing_beside_itself()
    {
        string html = HtmlReport.Write(SampleReport.Create());
        XDocument page = Parse(html);

        Assert.DoesNotContain(page.Descendants().Attributes(), attribute => s_reaching.Contains(attribute.Name.LocalName));
        Assert.Empty(page.Descendants("link"));
        Assert.DoesNotContain("url(", html, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", html, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Control_characters_do_not_break_the_page()
    {
        XDocument page = Parse(HtmlReport.Write(SampleReport.Create() with { Warnings = ["a\0b\u001bc\ud800d"] }));

        Assert.Contains(page.Descendants("li"), item => item.Value == "a\uFFFDb\uFFFDc\uFFFDd");
    }

    [Fact]
    public void A_report_without_layers_or_measures_is_a_page_all_the_same()
    {
        CompressionReport report = SampleReport.Create() with
        {
            Layers = [],
            Warnings = [],
            Stages = [],
            EvaluationBefore = null,
            EvaluationAfter = null,
        };

        XDocument page = Parse(HtmlReport.Write(report));

        Assert.Empty(page.Descendants("svg"));
        Assert.DoesNotContain(page.Descendants("h2"), heading => heading.Value is "Warnings" or "Layers" or "Time");
        Assert.Contains(page.Descendants("th"), cell => cell.Value == "bits a weight");
    }

    private static XDocument Parse(string html)
    {
        using StringReader text = new(html);
        using XmlReader reader = XmlReader.Create(text, new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }
}
