namespace Sparrow.Server.Api.Uploads;

/// <summary>A page of parts (G-9).</summary>
internal sealed record PartList(IReadOnlyList<PartObject> Data, string? FirstId, string? LastId, bool HasMore)
{
    public string Object => "list";
}
