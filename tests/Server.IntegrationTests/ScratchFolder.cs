namespace Sparrow.Server.IntegrationTests;

/// <summary>A folder that is deleted with all it holds.</summary>
internal sealed class ScratchFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sparrow-data-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
