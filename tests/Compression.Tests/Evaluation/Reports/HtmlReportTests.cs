using System.Xml;
using System.Xml.Linq;
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
