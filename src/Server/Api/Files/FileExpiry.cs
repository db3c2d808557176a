using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Api.Files;

/// <summary>Bounds of <c>expires_after</c>: those of the API that clients know.</summary>
internal static class FileExpiry
{
    public const long LeastSeconds = 3600;
    public const long MostSeconds = 2_592_000;

    public static ApiException Invalid() => ApiException.Invalid(
        "invalid_value",
        $"Invalid value for 'expires_after': expected anchor created_at and {LeastSeconds} to {MostSeconds} seconds.",
        "expires_after");
}
