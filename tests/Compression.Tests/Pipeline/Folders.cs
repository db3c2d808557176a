using Xunit;

namespace Sparrow.Compression.Tests.Pipeline;

/// <summary>Compares artifacts.</summary>
internal static class Folders
{
    /// <summary>Both folders hold the same files with the same bytes.</summary>
    public static void AssertEqual(string expected, string actual)
    {
        string[] names = Names(expected);
        Assert.Equal(names, Names(actual));
        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.Equal(File.ReadAllBytes(Path.Combine(expected, name)), File.ReadAllBytes(Path.Combine(actual, name))));
    }

    private static string[] Names(string folder) =>
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)];
}
