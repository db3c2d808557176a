namespace Sparrow.Testing;

/// <summary>The trained sample that the repository carries.</summary>
public static class SampleFolder
{
    /// <summary>Its checkpoint.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string sample = System.IO.Path.Combine(folder.FullName, "src", "Server", "SampleModel");
            if (Directory.Exists(sample))
            {
                return sample;
            }
        }

        throw new DirectoryNotFoundException("No folder above the tests holds src/Server/SampleModel.");
    }
}
