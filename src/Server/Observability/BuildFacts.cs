using System.Reflection;

namespace Sparrow.Server.Observability;

/// <summary>What this build is.</summary>
internal static class BuildFacts
{
    // "0.1.0+<commit>" where the build knew the commit.
    private static readonly string[] s_parts =
        (typeof(BuildFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0").Split('+');

    public static string Version => s_parts[0];

    public static string Commit => s_parts.Length > 1 ? s_parts[1] : "unknown";

    public static string Runtime { get; } = $".NET {Environment.Version}";

    /// <summary>Version of the GenAI semantic conventions that metrics and spans follow.</summary>
    public const string SemanticConventions = "1.37.0";
}
