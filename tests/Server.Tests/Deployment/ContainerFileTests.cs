using System.Text.RegularExpressions;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Deployment;

/// <summary>What can be known of the container without an engine that builds it.</summary>
public sealed partial class ContainerFileTests
{
    [Fact]
    public void What_the_image_and_the_composition_take_from_the_repository_is_there()
    {
        string[] copied =
        [
            .. Copy().Matches(RepositoryRoot.Read("Dockerfile")).SelectMany(match => match.Groups[1].Value.Split(' ')[..^1]),
            .. Mount().Matches(RepositoryRoot.Read("docker-compose.yml")).Select(match => match.Groups[1].Value),
        ];
        Assert.True(copied.Length > 8);
        Assert.All(copied, path => Assert.True(Path.Exists(RepositoryRoot.Combine(path)), path));
        string ignored = RepositoryRoot.Read(".dockerignore");
        Assert.All(
            copied.Where(path => !path.StartsWith("./", StringComparison.Ordinal)),
            path => Assert.Contains("!" + path.Split('/')[0], ignored, StringComparison.Ordinal));
    }

    [Fact]
    public void The_image_runs_unprivileged_and_writes_to_its_volume_only()
    {
        string image = RepositoryRoot.Read("Dockerfile");
        string last = image[image.LastIndexOf("\nFROM ", StringComparison.Ordinal)..];
        Assert.Matches(@"\nUSER [1-9]\d*:[1-9]\d*\n", last);
        Assert.Contains("\nVOLUME /data\n", last, StringComparison.Ordinal);
        Assert.Contains("Storage__Root=/data", last, StringComparison.Ordinal);
        Assert.Contains("chiseled", last, StringComparison.Ordinal);
        string composition = RepositoryRoot.Read("docker-compose.yml");
        Assert.Contains("read_only: true", composition, StringComparison.Ordinal);
        Assert.Contains("cap_drop: [ALL]", composition, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_project_that_the_server_needs_is_restored_before_its_source_is_copied()
    {
        string image = RepositoryRoot.Read("Dockerfile");
        string[] projects = [.. Directory.GetFiles(RepositoryRoot.Combine("src"), "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(RepositoryRoot.Path, path).Replace('\\', '/'))];
        Assert.All(projects, project => Assert.Contains($"COPY {project} ", image, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^COPY (?!--from)(.+)$", RegexOptions.Multiline)]
    private static partial Regex Copy();

    [GeneratedRegex(@"^ +- (\./[^:]+):", RegexOptions.Multiline)]
    private static partial Regex Mount();
}
