using Sparrow.Server.Options;

namespace Sparrow.Server.Hosting;

/// <summary>P-11: an adapter to serve beside a model: requests name it <c>model:name</c>.</summary>
/// <param name="Model">The base; null: the only model there is.</param>
/// <param name="Name">Its own name, without the base's.</param>
/// <param name="Path">A folder in PEFT's layout.</param>
internal sealed record AdapterSource(string? Model, string Name, string Path)
{
    /// <summary>Reads <c>[model:]name=FOLDER</c>. A model's name may hold colons, an adapter's may not.</summary>
    /// <exception cref="SettingsException">It is something else.</exception>
    public static AdapterSource Parse(string argument)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        string id = argument[..Math.Max(equals, 0)];
        int colon = id.LastIndexOf(':');
        string name = id[(colon + 1)..];
        return equals > 0 && equals < argument.Length - 1 && colon != 0 && name.Length > 0 && !name.Contains('@', StringComparison.Ordinal) && !name.Any(char.IsControl)
            ? new AdapterSource(colon > 0 ? id[..colon] : null, name, System.IO.Path.GetFullPath(argument[(equals + 1)..]))
            : throw new SettingsException([$"--adapter {argument}: expected MODEL:NAME=FOLDER, or NAME=FOLDER where one model is served; a name holds no '@'."]);
    }
}
