using System.Text.RegularExpressions;

namespace Sparrow.Server.Hub;

/// <summary>A checkpoint on a hub: a repository, a revision of it, and a file where the repository holds more than one model.</summary>
internal sealed partial record HubReference
{
    public const string Prefix = "hf:";
    private const string DefaultRevision = "main";

    private HubReference(string repository, string revision, string? file)
    {
        Repository = repository;
        Revision = revision;
        File = file;
    }

    /// <summary><c>OWNER/NAME</c>.</summary>
    public string Repository { get; }

    /// <summary>A branch, a tag or a commit.</summary>
    public string Revision { get; }

    /// <summary>The GGUF file that is meant; null: the only one, or safetensors.</summary>
    public string? File { get; }

    /// <summary>Whether the revision is a commit, whose content never changes.</summary>
    public bool IsCommit => Commit().IsMatch(Revision);

    /// <summary>The repository's name without its owner.</summary>
    public string Name => Repository[(Repository.IndexOf('/', StringComparison.Ordinal) + 1)..];

    /// <summary>Checks the parts. Nothing that passes can leave its place in a path or a URL.</summary>
    /// <exception cref="HubException">What is wrong with which part.</exception>
    public static HubReference Create(string? repository, string? revision = null, string? file = null)
    {
        revision ??= DefaultRevision;
        return (repository, revision, file) switch
        {
            _ when repository is null || !RepositoryName().IsMatch(repository) || repository.Contains("..", StringComparison.Ordinal) =>
                throw new HubException(HubFault.BadReference, $"'{repository}' is not a repository of the form OWNER/NAME."),
            _ when !RevisionName().IsMatch(revision) || revision.Contains("..", StringComparison.Ordinal) =>
                throw new HubException(HubFault.BadReference, $"'{revision}' is not a branch, a tag or a commit."),
            _ when file is not null && !HubSelection.IsSafeName(file) =>
                throw new HubException(HubFault.BadReference, $"'{file}' is not a file's name."),
            _ => new HubReference(repository, revision, file),
        };
    }

    /// <summary>Reads <c>OWNER/NAME[@REVISION][#FILE]</c>, with or without <c>hf:</c> before it.</summary>
    /// <exception cref="HubException">It is not of that form.</exception>
    public static HubReference Parse(string text)
    {
        string rest = text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? text[Prefix.Length..] : text;
        string[] fileParts = rest.Split('#', 2);
        string[] parts = fileParts[0].Split('@', 2);
        return Create(parts[0], parts.Length > 1 ? parts[1] : null, fileParts.Length > 1 ? fileParts[1] : null);
    }

    public override string ToString() => $"{Repository}@{Revision}{(File is null ? "" : "#")}{File}";

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}$")]
    private static partial Regex RepositoryName();

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$")]
    private static partial Regex RevisionName();

    [GeneratedRegex("^[0-9a-f]{40}$")]
    private static partial Regex Commit();
}
