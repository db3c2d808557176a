using System.Globalization;

namespace Sparrow.Runtime.Loading;

/// <summary>How much memory could be taken now without pushing others out.</summary>
public static class FreeMemory
{
    private const string MemoryInfo = "/proc/meminfo";

    /// <summary>The smaller of what the system has available and what a container's limit leaves.</summary>
    public static long Bytes()
    {
        GCMemoryInfo limits = GC.GetGCMemoryInfo();
        long left = Math.Max(0, limits.TotalAvailableMemoryBytes - Environment.WorkingSet);
        return Math.Min(left, Available() ?? left);
    }

    private static long? Available()
    {
        if (!File.Exists(MemoryInfo))
        {
            return null;
        }

        foreach (string line in File.ReadLines(MemoryInfo))
        {
            // MemAvailable:   21532160 kB
            if (line.StartsWith("MemAvailable:", StringComparison.Ordinal))
            {
                string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                return words.Length > 1 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long kilobytes) ? kilobytes * 1024 : null;
            }
        }

        return null;
    }
}
