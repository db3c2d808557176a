namespace Sparrow.Server.Hosting;

/// <summary>M-2: where a model stands.</summary>
internal enum ModelStatus
{
    Importing,
    Unloaded,
    Loading,
    Loaded,
    Draining,
    Failed,
}
