namespace Sparrow.Server.Commands.Quickstart;

/// <summary>The folder of the quickstart's own server. A run begins with what its model is, and not with what the last run made of it.</summary>
internal static class QuickstartFolder
{
    private const string Name = "quickstart";
    private const string Lock = "lock";

    /// <exception cref="IOException">A server still works in it.</exception>
    public static string MakeAnew(string storageRoot)
    {
        string folder = Path.Combine(storageRoot, Name);
        string lockFile = Path.Combine(folder, Lock);
        if (File.Exists(lockFile))
        {
            try
            {
                using FileStream held = new(lockFile, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException exception)
            {
                throw new IOException($"Another quickstart works in '{folder}'; end it first, or give this one a folder with --Storage:Root=….", exception);
            }

            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        return folder;
    }
}
