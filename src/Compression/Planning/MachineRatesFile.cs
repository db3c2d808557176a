using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Planning;

/// <summary>Rates of this machine, measured once and kept in the user's folder of caches; one file for each processor, kernel set and number of threads.</summary>
public static class MachineRatesFile
{
    // Changes with what is measured: older files are then measured anew.
    private const int Version = 1;

    /// <summary>Reads the rates, or measures and keeps them.</summary>
    /// <param name="kernels">A kernel set by name.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <param name="remeasure">Whether to measure whatever is kept.</param>
    /// <param name="folder">Where they are kept; null: the user's folder of caches.</param>
    /// <param name="lane">Whose turn at the threads.</param>
    /// <param name="cancellation">Ends a measurement.</param>
    public static MachineRates Get(
        string kernels, WorkerPool? pool = null, bool remeasure = false, string? folder = null, WorkerLane lane = WorkerLane.Serving,
        CancellationToken cancellation = default)
    {
        pool ??= WorkerPool.Shared;
        string name = KernelSet.Select(kernels).Name;
        string path = Path.Combine(folder ?? DefaultFolder(), FileName(ProcessorName.Read(), name, pool.WorkerCount));
        return Get(path, remeasure, () => MachineProbe.Measure(name, pool, lane, cancellation));
    }

    /// <summary>Reads a file of rates, or makes it.</summary>
    internal static MachineRates Get(string path, bool remeasure, Func<MachineRates> measure)
    {
        if (!remeasure && Read(path) is { } kept)
        {
            return kept;
        }

        MachineRates rates = measure();
        Keep(path, rates);
        return rates;
    }

    private static string DefaultFolder()
    {
        string? asked = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string caches = OperatingSystem.IsWindows()
            ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : Path.Combine(home, OperatingSystem.IsMacOS() ? "Library/Caches" : ".cache");
        return Path.Combine(string.IsNullOrEmpty(asked) ? caches : asked, "sparrow");
    }

    private static string FileName(string processor, string kernels, int threads)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{Version} {processor} {kernels} {threads} {Environment.Version}"));
        return $"machine-{Convert.ToHexStringLower(hash)[..16]}.json";
    }

    private static MachineRates? Read(string path)
    {
        try
        {
            MachineRates? rates = JsonSerializer.Deserialize(File.ReadAllText(path), MachineRatesJson.Default.MachineRates);
            return rates is not null && IsWhole(rates) ? rates : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            // What cannot be read is measured.
            return null;
        }
    }

    private static bool IsWhole(MachineRates rates) =>
        rates.ReadBytesPerSecond > 0
        && ProbeMatrix.All.All(probe => rates.Products.TryGetValue(probe.Kind, out IReadOnlyList<double>? list)
            && list.Count == MachineRates.ProductTokens.Count && list.All(rate => rate > 0));

    private static void Keep(string path, MachineRates rates)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            string written = $"{path}.{Environment.ProcessId}";
            File.WriteAllText(written, JsonSerializer.Serialize(rates, MachineRatesJson.Default.MachineRates));
            File.Move(written, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A folder that takes no files costs a few seconds at the next plan, nothing else.
        }
    }
}
