using Sparrow.Server.Hub;

namespace Sparrow.Server.Hosting;

/// <summary>A model to serve: what callers name it, and where it lies.</summary>
/// <param name="Name">The name.</param>
/// <param name="Path">A GGUF file or a Hugging Face folder.</param>
/// <param name="Alias">A second name that is understood: the full file name, where the name leaves out <c>.gguf</c>.</param>
/// <param name="Hub">Where it is to be pulled from first; null: it is here.</param>
/// <param name="IsSample">Whether it is the sample that the server carries for when it is given nothing.</param>
internal sealed record ModelSource(string Name, string Path, string? Alias = null, bool IsSample = false, HubReference? Hub = null)
{
    private const string GgufExtension = ".gguf";

    /// <summary>Reads <c>[name=]PATH</c> or <c>[name=]hf:OWNER/NAME[@REVISION][#FILE]</c>. Without a name, a model is called by its file or folder name; a GGUF file by its name without the
    /// extension, and the full file name is understood too.</summary>
    public static ModelSource Parse(string argument)
    {
        int hub = argument.IndexOf(HubReference.Prefix, StringComparison.OrdinalIgnoreCase);
        if (hub == 0 || (hub > 0 && argument[hub - 1] == '='))
        {
            HubReference reference = HubReference.Parse(argument[hub..]);
            return new ModelSource(hub == 0 ? reference.Name : argument[..(hub - 1)], "", Hub: reference);
        }

        // A path that exists as it stands is a path, whatever equals signs it holds.
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0 && !System.IO.Path.Exists(argument))
        {
            return new ModelSource(argument[..equals], System.IO.Path.GetFullPath(argument[(equals + 1)..]));
        }

        string path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(argument));
        string name = System.IO.Path.GetFileName(path);
        return name.EndsWith(GgufExtension, StringComparison.OrdinalIgnoreCase) && name.Length > GgufExtension.Length
            ? new ModelSource(name[..^GgufExtension.Length], path, name)
            : new ModelSource(name, path);
    }
}
