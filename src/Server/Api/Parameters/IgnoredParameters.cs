using Sparrow.Server.Api.Errors;
using Sparrow.Server.Options;

namespace Sparrow.Server.Api.Parameters;

/// <summary>G-5: what becomes of members that nobody knows.</summary>
internal static class IgnoredParameters
{
    public const string Header = "x-sparrow-ignored-params";

    // A response header has room for a hint, not for everything a caller may send.
    private const int MaxNames = 32;
    private const int MaxNameLength = 64;

    /// <summary>Names what is left of a request in a response header, or refuses it.</summary>
    /// <exception cref="ApiException">400 where the settings say so.</exception>
    public static void Report(HttpContext context, RequestObject request, ApiSettings options)
    {
        string[] names = [.. request.Ignored.Take(MaxNames)];
        if (names.Length == 0)
        {
            return;
        }

        if (options.RejectsUnknownParameters)
        {
            throw ApiException.Invalid("unsupported_parameter", $"Unknown parameter: '{RequestObject.Shorten(names[0])}'.", names[0]);
        }

        context.Response.Headers[Header] = string.Join(
            ',', names.Select(name => HeaderText.Escape(name.Length <= MaxNameLength ? name : name[..MaxNameLength])));
    }
}
