namespace Sparrow.Server.Hosting;

/// <summary>M-2: where a model stands.</summary>
internal enum ModelStatus
{
    Loading,
    Loaded,
    Failed,
}
