namespace Sparrow.Testing;

/// <summary>The repository that the tests were built in, for tests of what is not code.</summary>
public static class RepositoryRoot
{
    private static readonly Lazy<string> s_path = new(Find);

    public static string Path => s_path.Value;

    /// <summary>The text of a file.</summary>
    /// <param name="parts">Its path from the root.</param>
    public static string Read(params ReadOnlySpan<string> parts) => File.ReadAllText(Combine(parts));

    /// <summary>The full path of a file or folder.</summary>
    public static string Combine(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    private static string Find()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder.FullName, "Server.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The tests run outside the repository.");
        }

        return folder.FullName;
    }
}
