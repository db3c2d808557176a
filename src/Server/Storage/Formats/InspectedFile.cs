namespace Sparrow.Server.Storage.Formats;

/// <summary>A file that was found to be of a format that may be stored.</summary>
internal sealed record InspectedFile(string Format, FileSummary? Summary);
