using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Sparrow.EndToEnd.Tests;

/// <summary>The built server as a process of its own, on a free port, with a scratch folder.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private const int Sigterm = 15;

    private readonly Process _process;
    private readonly string _folder;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource<Uri> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(string[] arguments, IReadOnlyDictionary<string, string> settings, string[]? commandLine = null)
    {
        _folder = Directory.CreateTempSubdirectory("sparrow-e2e-").FullName;
        string[] line = commandLine ?? [Executable(), .. arguments];
        ProcessStartInfo start = new(line[0], line[1..])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Server__Url"] = "http://127.0.0.1:0";
        start.Environment["Storage__Root"] = Path.Combine(_folder, "data");
        start.Environment["KvCache__Bytes"] = "16MiB";
        start.Environment["Shutdown__DelaySeconds"] = "0";
        foreach ((string key, string value) in settings)
        {
            start.Environment[key] = value;
        }

        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException("The server ended before it was ready."));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it has written so far.</summary>
    public string Output => string.Join('\n', _output);

    public static ServerProcess Start(string[] arguments, params (string Key, string Value)[] settings) =>
        new(arguments, settings.ToDictionary(pair => pair.Key, pair => pair.Value));

    /// <summary>Starts the server by a command line that ends in becoming it, such as one that gives up privileges first.</summary>
    public static ServerProcess StartBy(string[] commandLine, params (string Key, string Value)[] settings) =>
        new([], settings.ToDictionary(pair => pair.Key, pair => pair.Value), commandLine);

    public int Id => _process.Id;

    /// <summary>Where it listens, once its models are loaded.</summary>
    public Task<Uri> ReadyAsync() => _ready.Task.WaitAsync(TimeSpan.FromSeconds(90));

    public void Terminate()
    {
        if (kill(_process.Id, Sigterm) != 0)
        {
            throw new InvalidOperationException("The signal could not be sent.");
        }
    }

    public void Kill() => _process.Kill();

    /// <summary>Its exit code, once it has ended.</summary>
    public async Task<int> ExitAsync()
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _ = _ready.Task.Exception;
        Directory.Delete(_folder, recursive: true);
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        _output.Enqueue(line);
        Match match = ReadyLine().Match(line);
        if (match.Success)
        {
            _ready.TrySetResult(new Uri(match.Groups[1].Value));
        }
    }

    /// <summary>The server built beside these tests, in the same configuration.</summary>
    public static string Executable()
    {
        DirectoryInfo configuration = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        string name = OperatingSystem.IsWindows() ? "sparrow.exe" : "sparrow";
        return Path.Combine(configuration.Parent!.Parent!.FullName, "Server", configuration.Name, name);
    }

    [GeneratedRegex("\"message\":\"Ready at (http://[^\",]+)")]
    private static partial Regex ReadyLine();

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);
}
