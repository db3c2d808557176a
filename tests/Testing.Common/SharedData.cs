using Xunit;

namespace Sparrow.Testing;

/// <summary>
/// The optional folder of reference data: <c>SPARROW_SHARED</c>, else <c>shared</c> beside the repository. Tests that need it skip where it is
/// missing and say so.
/// </summary>
public static class SharedData
{
    private static readonly string? s_root = Find();

    public static bool IsAvailable => s_root is not null;

    /// <summary>A path inside the folder; skips the running test where the folder or the file is missing.</summary>
    public static string Require(params string[] parts)
    {
        Assert.SkipWhen(s_root is null, "The folder of reference data is not here (set SPARROW_SHARED or put 'shared' beside the repository).");
        string path = Path.Combine([s_root!, .. parts]);
        Assert.SkipUnless(Path.Exists(path), $"The reference data has no '{Path.Combine(parts)}'.");
        return path;
    }

    private static string? Find()
    {
        string? configured = Environment.GetEnvironmentVariable("SPARROW_SHARED");
        if (!string.IsNullOrEmpty(configured))
        {
            return Directory.Exists(configured) ? configured : null;
        }

        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Server.sln")))
            {
                string shared = Path.Combine(folder.Parent?.FullName ?? "/", "shared");
                return Directory.Exists(Path.Combine(shared, "golden")) ? shared : null;
            }
        }

        return null;
    }
}
