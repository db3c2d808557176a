using System.Text.RegularExpressions;

namespace Sparrow.Server.IntegrationTests.Deployment;

/// <summary>Finds the series and labels that a query asks for. It knows the grammar as far as names go and no further.</summary>
internal static partial class PromQl
{
    private static readonly HashSet<string> s_words =
    [
        "by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool", "and", "or", "unless", "sum", "max", "min", "avg", "count", "rate",
        "irate", "increase", "histogram_quantile", "label_values", "topk", "clamp_min", "vector", "time", "absent", "le",
    ];

    /// <summary>The names of series.</summary>
    public static IReadOnlySet<string> SeriesOf(string query)
    {
        string bare = Grouping().Replace(Braces().Replace(Brackets().Replace(query, " "), " "), " ");
        bare = LabelOfValues().Replace(bare, "(");
        return Name().Matches(bare).Select(match => match.Value).Where(name => !s_words.Contains(name)).ToHashSet();
    }

    /// <summary>The labels that a query compares or groups by.</summary>
    public static IReadOnlySet<string> LabelsOf(string query)
    {
        IEnumerable<string> compared = Braces().Matches(query).SelectMany(match => Matcher().Matches(match.Value)).Select(match => match.Groups[1].Value);
        IEnumerable<string> grouped = Grouping().Matches(query).SelectMany(match => Name().Matches(match.Groups[1].Value)).Select(match => match.Value);
        return compared.Concat(grouped).ToHashSet();
    }

    [GeneratedRegex(@"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Braces();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Brackets();

    [GeneratedRegex(@"(\w+)\s*(?:=~|!~|!=|=)\s*""")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"(?<=label_values\([^,]*),\s*\w+\s*(?=\))")]
    private static partial Regex LabelOfValues();

    [GeneratedRegex(@"(?<![\w:.$])[A-Za-z_:][\w:]*")]
    private static partial Regex Name();
}
