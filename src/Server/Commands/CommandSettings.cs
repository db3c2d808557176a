using Sparrow.Server.Options;

namespace Sparrow.Server.Commands;

/// <summary>The server's settings as a command sees them: the same files and environment variables, so that what is measured is what is served.</summary>
internal static class CommandSettings
{
    /// <exception cref="SettingsException">A value is wrong.</exception>
    public static ServerSettings Read()
    {
        ConfigurationBuilder builder = new();
        return ServerSettings.Read(builder
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
            .AddJsonFile(Path.GetFullPath("appsettings.json"), optional: true)
            .AddEnvironmentVariables()
            .Build());
    }
}
