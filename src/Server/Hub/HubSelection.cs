namespace Sparrow.Server.Hub;

/// <summary>Which files of a repository are pulled (S-8): weights as safetensors or GGUF, and the text that belongs to them. Nothing that runs code
/// when it is read, and nothing below the top: other runtimes' copies of the weights lie there.</summary>
internal static class HubSelection
{
    private const int MaxNameLength = 200;

    private static readonly string[] s_texts = [".json", ".jinja", ".txt", ".model"];

    /// <summary>The files of a listing that make one model.</summary>
    /// <exception cref="HubException">There is none, or more than one to choose from.</exception>
    public static IReadOnlyList<HubFile> Choose(HubListing listing, HubReference reference)
    {
        HubFile[] files = [.. listing.Files.Where(file => IsSafeName(file.Name))];
        HubFile[] texts = [.. files.Where(file => s_texts.Any(extension => Ends(file, extension)))];
        HubFile[] gguf = [.. files.Where(file => Ends(file, ".gguf"))];
        if (reference.File is { } wanted)
        {
            return gguf.FirstOrDefault(file => file.Name == wanted) is { } named
                ? [named]
                : throw new HubException(HubFault.NotFound, $"'{reference.Repository}' has no file '{wanted}'. {Offer(gguf)}");
        }

        HubFile[] safetensors = Safetensors(files);
        if (safetensors.Length > 0)
        {
            return [.. texts, .. safetensors];
        }

        return gguf.Length switch
        {
            1 => gguf,
            0 => throw new HubException(
                HubFault.NoModel,
                $"'{reference}' holds no weights as safetensors or GGUF{(listing.Files.Any(IsPickle) ? "; pickles are not read, since reading them can run code" : "")}."),
            _ => throw new HubException(HubFault.NoModel, $"'{reference.Repository}' holds several models; name one as {reference}#FILE. {Offer(gguf)}"),
        };
    }

    /// <summary>Whether a name is one plain file name: no folder, nothing hidden, no characters that a path or a URL would take for something else.</summary>
    public static bool IsSafeName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name[0] != '.' && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-' or '+' or ' ');

    // Some repositories hold the same weights twice, once in the dialect of their makers' own programs.
    private static HubFile[] Safetensors(HubFile[] files)
    {
        HubFile[] all = [.. files.Where(file => Ends(file, ".safetensors") && !file.Name.StartsWith("adapter_", StringComparison.Ordinal))];
        HubFile[] named = [.. all.Where(file => file.Name.StartsWith("model", StringComparison.Ordinal))];
        return named.Length > 0 ? named : all;
    }

    private static string Offer(HubFile[] files) =>
        files.Length == 0 ? "It holds no GGUF files." : $"It holds {string.Join(", ", files.Select(file => file.Name).Take(20))}.";

    private static bool IsPickle(HubFile file) => Ends(file, ".bin") || Ends(file, ".pt") || Ends(file, ".pth") || Ends(file, ".pkl") || Ends(file, ".ckpt");

    private static bool Ends(HubFile file, string extension) => file.Name.EndsWith(extension, StringComparison.OrdinalIgnoreCase);
}
