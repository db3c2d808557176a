using System.Runtime.InteropServices;

namespace Sparrow.Compression.Planning;

/// <summary>What the system calls its processor.</summary>
internal static class ProcessorName
{
    private const string LinuxFile = "/proc/cpuinfo";

    public static string Read()
    {
        try
        {
            string? line = File.Exists(LinuxFile)
                ? File.ReadLines(LinuxFile).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
                : null;
            if (line is not null)
            {
                return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A name of less detail will do.
        }

        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
