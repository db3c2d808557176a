using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Storage;

/// <summary>Names that senders give to files. They are never used as paths; those that look like one are refused all the same.</summary>
internal static class FileName
{
    private const int MaxLength = 255;

    /// <exception cref="ApiException">400.</exception>
    public static string Require(string? name)
    {
        bool isName = name is { Length: > 0 and <= MaxLength } && name is not "." and not ".."
            && name.AsSpan().IndexOfAny('/', '\\', '\0') < 0 && !name.Any(char.IsControl);
        return isName
            ? name!
            : throw ApiException.Invalid(
                "invalid_value", $"Invalid value for 'filename': expected 1 to {MaxLength} characters without slashes and control characters.", "filename");
    }
}
