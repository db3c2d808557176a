using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Sparrow.Testing;

/// <summary>
/// Gives a test process, and the processes that it starts, a folder of caches of its own: rates measured while tests keep the machine busy must not
/// become what the user's next plan goes by.
/// </summary>
internal static class PrivateCaches
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "It must be done before any test asks for the folder, whichever that is.")]
    internal static void Begin()
    {
        string folder = Directory.CreateTempSubdirectory("sparrow-caches-").FullName;
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
    }
}
