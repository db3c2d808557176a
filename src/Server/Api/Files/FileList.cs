namespace Sparrow.Server.Api.Files;

/// <summary>A page of files (G-9).</summary>
internal sealed record FileList(IReadOnlyList<FileObject> Data, string? FirstId, string? LastId, bool HasMore)
{
    public string Object => "list";
}
