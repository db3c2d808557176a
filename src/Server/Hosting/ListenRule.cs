using Sparrow.Server.Options;

namespace Sparrow.Server.Hosting;

/// <summary>S-3: without keys the server talks to its own machine only, unless anonymous callers are allowed in so many words.</summary>
internal static class ListenRule
{
    /// <exception cref="SettingsException">The addresses need keys or <c>Auth:AllowAnonymous</c>.</exception>
    public static void Check(ServerSettings settings)
    {
        if (!settings.Auth.HasKeys && !settings.Auth.AllowAnonymous && !settings.Server.IsLoopbackOnly)
        {
            throw new SettingsException(
            [
                $"Server:Url: {string.Join(", ", settings.Server.Urls)} can be reached from other machines, but no keys are configured. Set "
                + "Auth:KeysFile or Auth:Keys, listen on 127.0.0.1, or set Auth:AllowAnonymous=true.",
            ]);
        }
    }
}
