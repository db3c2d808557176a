namespace Sparrow.Server.Hosting;

/// <summary>
/// What is served where no model was named: a llama of 1.3 million weights that <c>sparrow train</c> has taught a small world of facts, sums, colours and
/// stories. It lies beside the program; docs/training.md says how it was made.
/// </summary>
internal static class SampleModel
{
    public const string Name = "sparrow-sample";

    // Part of the folder's name, so that another sample makes a new folder instead of serving an old one.
    private const int Version = 1;

    /// <summary>Where the program carries it.</summary>
    private static string Shipped => Path.Combine(AppContext.BaseDirectory, "SampleModel");

    public static ModelSource Source(string storageRoot) =>
        new(Name, Path.Combine(storageRoot, "samples", $"trained-{Version}"), IsSample: true);

    /// <summary>Copies the sample to where models are served from, if it is missing there. It appears under its name only when complete.</summary>
    public static void EnsureWritten(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        string scratch = $"{path}.{Environment.ProcessId}.tmp";
        Directory.CreateDirectory(scratch);
        foreach (string file in Directory.GetFiles(Shipped))
        {
            File.Copy(file, Path.Combine(scratch, Path.GetFileName(file)), overwrite: true);
        }

        try
        {
            Directory.Move(scratch, path);
        }
        catch (IOException) when (Directory.Exists(path))
        {
            // Another process was faster with the same bytes.
            Directory.Delete(scratch, recursive: true);
        }
    }
}
