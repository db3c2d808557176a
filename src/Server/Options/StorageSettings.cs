namespace Sparrow.Server.Options;

/// <summary>Where the server keeps files of its own.</summary>
internal sealed record StorageSettings(string Root)
{
    public static StorageSettings Read(SettingsReader reader) =>
        new(Path.GetFullPath(reader.Text("Storage:Root", "data beside the working directory", "a folder") ?? "data"));
}
