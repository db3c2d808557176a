using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sparrow.Server.IntegrationTests.Storage;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Deployment;

/// <summary>K-8, X-7: what dashboards and alerts ask for is what a real scrape holds, series by series and label by label.</summary>
public sealed partial class DashboardTests
{
    // Of the scraper itself, and labels that it adds.
    private static readonly string[] s_scraper = ["up", "instance", "job"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task X_7_every_series_and_label_of_the_dashboard_and_the_alerts_is_really_printed()
    {
        string scrape = await ScrapeAfterWorkAsync();
        HashSet<string> series = [.. Sample().Matches(scrape).Select(match => match.Groups[1].Value), .. s_scraper];
        HashSet<string> labels = [.. Label().Matches(scrape).Select(match => match.Groups[1].Value), .. s_scraper];
        string[] queries = [.. DashboardQueries(), .. AlertQueries()];
        Assert.True(queries.Length > 30);
        Assert.Empty(queries.SelectMany(PromQl.SeriesOf).Except(series));
        Assert.Empty(queries.SelectMany(PromQl.LabelsOf).Except(labels));
    }

    [Theory]
    [InlineData("sum by (code) (rate(a_total{model_name=~\"$model\"}[5m])) > 0.05 * b:c_d", "a_total b:c_d", "code model_name")]
    [InlineData("histogram_quantile(0.99, sum by (le, kind) (rate(x_bucket[$__rate_interval])))", "x_bucket", "le kind")]
    [InlineData("label_values(sparrow_model_state, model_name)", "sparrow_model_state", "")]
    [InlineData("y{area=\"free\"} < 5e9", "y", "area")]
    public void Names_are_found_in_queries(string query, string series, string labels)
    {
        Assert.Equal(series, string.Join(' ', PromQl.SeriesOf(query)));
        Assert.Equal(labels, string.Join(' ', PromQl.LabelsOf(query).OrderBy(label => query.IndexOf(label, StringComparison.Ordinal))));
    }

    private static async Task<string> ScrapeAfterWorkAsync()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        using HttpResponseMessage response = await Completion.PostAsync(server, "tiny", Cancellation, maxTokens: 40);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await UploadClient.CreateAsync(server, "w.safetensors", 100);
        return await server.Client.GetStringAsync("/metrics", Cancellation);
    }

    private static List<string> DashboardQueries()
    {
        using JsonDocument dashboard = JsonDocument.Parse(RepositoryRoot.Read("deploy", "grafana", "dashboards", "sparrow.json"));
        List<string> queries = [];
        foreach (JsonElement panel in dashboard.RootElement.GetProperty("panels").EnumerateArray())
        {
            if (panel.TryGetProperty("targets", out JsonElement targets))
            {
                queries.AddRange(targets.EnumerateArray().Select(target => target.GetProperty("expr").GetString()!));
            }
        }

        foreach (JsonElement variable in dashboard.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray())
        {
            queries.Add(variable.GetProperty("query").GetString()!);
        }

        return queries;
    }

    private static IEnumerable<string> AlertQueries() =>
        Expression().Matches(RepositoryRoot.Read("deploy", "prometheus", "alerts.yml")).Select(match => match.Groups[1].Value);

    [GeneratedRegex(@"^([A-Za-z_:][\w:]*)[ {]", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"[{,](\w+)=""")]
    private static partial Regex Label();

    [GeneratedRegex(@"^ +expr: (.+)$", RegexOptions.Multiline)]
    private static partial Regex Expression();
}
