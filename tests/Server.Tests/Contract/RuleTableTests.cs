using System.Text.RegularExpressions;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Contract;

/// <summary>The table of contract rules names tests that exist, for every rule of the first release.</summary>
public sealed partial class RuleTableTests
{
    private static readonly string[] s_pages = ["contract.md", "operations.md", "jobs.md", "pool.md"];

    // Letter and highest number of each group of rules, less those of later releases and the suites outside the build.
    private static readonly (string Letter, int Last)[] s_groups =
    [
        ("G", 11), ("S", 8), ("E", 10), ("T", 13), ("L", 3), ("D", 4), ("A", 8), ("M", 4), ("U", 8), ("J", 9), ("P", 11), ("H", 6), ("X", 8), ("O", 4),
    ];

    [Fact]
    public void Every_rule_of_the_first_release_has_a_test()
    {
        HashSet<string> rules = [.. Rows().SelectMany(row => row.Rule.Split(", "))];
        IEnumerable<string> expected = s_groups.SelectMany(group => Enumerable.Range(1, group.Last).Select(number => $"{group.Letter}-{number}"));
        Assert.Empty(expected.Concat(["R-2.1", "R-2.2", "K-1", "K-6", "K-8"]).Except(rules));
        Assert.All(Rows(), row => Assert.NotEmpty(row.Tests));
    }

    [Fact]
    public void Every_test_that_is_named_exists()
    {
        Dictionary<string, string> sources = Directory.GetFiles(RepositoryRoot.Combine("tests"), "*Tests*.cs", SearchOption.AllDirectories)
            .GroupBy(path => Path.GetFileName(path).Split('.')[0])
            .ToDictionary(group => group.Key, group => string.Concat(group.Select(File.ReadAllText)));
        string[] named = [.. s_pages.SelectMany(page => TestName().Matches(RepositoryRoot.Read("docs", page))).Select(match => match.Value)];
        Assert.True(named.Length > 150);
        Assert.All(named, name => Assert.True(Exists(sources, name.Trim('`').Split('.')), name));
    }

    // A theory counts as well as a fact; a helper that merely has the name does not. Attributes stand after the end of the member before.
    private static bool Exists(Dictionary<string, string> sources, string[] parts)
    {
        if (!sources.TryGetValue(parts[0], out string? source) || Regex.Match(source, $@"public (async Task|Task|void) {Regex.Escape(parts[1])}\(") is not { Success: true } found)
        {
            return false;
        }

        string before = source[..found.Index];
        string attributes = before[(before.LastIndexOf("\n    }\n", StringComparison.Ordinal) + 1)..];
        return attributes.Contains("[Fact", StringComparison.Ordinal) || attributes.Contains("[Theory", StringComparison.Ordinal);
    }

    private static IEnumerable<(string Rule, string[] Tests)> Rows() => Row().Matches(RepositoryRoot.Read("docs", "contract.md"))
        .Select(match => (match.Groups[1].Value, TestName().Matches(match.Groups[2].Value).Select(test => test.Value).ToArray()))
        .Where(row => row.Item1 is not ("Rule" or "---"));

    [GeneratedRegex(@"^\| ([^|]+) \| ([^|]+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"`\w+Tests\.\w+`")]
    private static partial Regex TestName();
}
