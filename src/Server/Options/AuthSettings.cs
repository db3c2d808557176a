using Sparrow.Server.Admission;

namespace Sparrow.Server.Options;

/// <summary>Who may call (C §3).</summary>
/// <param name="KeysFile">File of keys, re-read on change; null: no file.</param>
/// <param name="Keys">Keys given in the configuration itself, already hashed.</param>
/// <param name="AllowAnonymous">Whether other machines may call without keys.</param>
internal sealed record AuthSettings(string? KeysFile, IReadOnlyList<ApiKey> Keys, bool AllowAnonymous)
{
    /// <summary>Whether calls need a key.</summary>
    public bool HasKeys => KeysFile is not null || Keys.Count > 0;

    public static AuthSettings Read(SettingsReader reader)
    {
        List<ApiKey> keys = [];
        foreach (string entry in reader.List("Auth:Keys", "none", "list of NAME=KEY or NAME:SCOPE+SCOPE=KEY"))
        {
            if (ApiKeyEntry.TryParse(entry, out ApiKey? key, out string? problem) && keys.All(other => other.Caller.KeyName != key.Caller.KeyName))
            {
                keys.Add(key);
            }
            else
            {
                // The entry itself is a secret, and a message is read by many.
                reader.Refuse("Auth:Keys", "NAME=KEY or NAME:SCOPE+SCOPE=KEY, each name once", problem ?? "a name that is there twice");
            }
        }

        return new AuthSettings(reader.Text("Auth:KeysFile", "none", "path of a JSON file"), keys, reader.Flag("Auth:AllowAnonymous", false));
    }
}
