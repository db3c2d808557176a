using Sparrow.Server.Storage;

namespace Sparrow.Server.Jobs;

/// <summary>Where a job works: all of it goes when the job ends, but for an artifact that missed its gate.</summary>
internal sealed class JobFolder(StorageRoot root, string jobId)
{
    public string Path { get; } = System.IO.Path.Combine(root.Jobs, jobId);

    /// <summary>The uploaded checkpoint, put together.</summary>
    public string Source => System.IO.Path.Combine(Path, "source");

    public string Recipe => System.IO.Path.Combine(Path, "recipe.json");

    /// <summary>The finished artifact; beside it, while it is made, the pipeline's own folder.</summary>
    public string Artifact => System.IO.Path.Combine(Path, "artifact");

    /// <summary>The report while the job has yet to publish it.</summary>
    public string Report => System.IO.Path.Combine(Path, "report.json");

    public string In(string name) => System.IO.Path.Combine(Path, name);

    public void Create() => Directory.CreateDirectory(Path);

    /// <summary>Deletes what the job left.</summary>
    public void Delete()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    /// <summary>Deletes all but the artifact that missed its gate and the reports.</summary>
    public void DeleteSource()
    {
        if (Directory.Exists(Source))
        {
            Directory.Delete(Source, recursive: true);
        }
    }
}
