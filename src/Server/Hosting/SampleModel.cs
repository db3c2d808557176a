using Sparrow.Runtime.Loading;

namespace Sparrow.Server.Hosting;

/// <summary>
/// What is served where no model was named: a tiny llama whose weights are random, made on the spot. It proves the way from HTTP to the
/// kernels and back; what it says means nothing.
/// </summary>
internal static class SampleModel
{
    public const string Name = "sparrow-sample";

    // Part of the folder's name, so that a change of shape makes a new folder instead of serving an old one.
    private const int Version = 1;

    public static ModelSource Source(string storageRoot) =>
        new(Name, Path.Combine(storageRoot, "samples", $"random-{Version}"), IsSample: true);

    /// <summary>Writes the sample where it is missing. It appears under its name only when complete.</summary>
    public static void EnsureWritten(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        string scratch = $"{path}.{Environment.ProcessId}.tmp";
        RandomCheckpoint.Write(scratch, new RandomCheckpointOptions { HiddenSize = 128, LayerCount = 4, IntermediateSize = 256, ContextLength = 2048 });
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
