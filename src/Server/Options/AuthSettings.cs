namespace Sparrow.Server.Options;

/// <summary>Who may call (C §3).</summary>
/// <param name="KeysFile">File of keys, re-read on change; null: no keys.</param>
/// <param name="AllowAnonymous">Whether other machines may call without keys.</param>
internal sealed record AuthSettings(string? KeysFile, bool AllowAnonymous)
{
    public static AuthSettings Read(SettingsReader reader) =>
        new(reader.Text("Auth:KeysFile", "none", "path of a JSON file"), reader.Flag("Auth:AllowAnonymous", false));
}
