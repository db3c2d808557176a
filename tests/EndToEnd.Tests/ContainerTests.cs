using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.EndToEnd.Tests;

/// <summary>
/// The server under the constraints of its container, without an engine: a root that is mounted read-only, an unprivileged user without
/// capabilities, little memory, and one folder that can be written.
/// </summary>
public sealed class ContainerTests : IDisposable
{
    private const string User = "1654";
    private const string HeapLimit = "0x10000000";

    // What lies in the data folder is a mount of its own and stays writable; everything else becomes read-only, temporary folders too.
    private const string Confine = """
        mount --bind "$1" "$1" && mount -o remount,bind,ro / && if touch /tmp/probe 2>/dev/null; then exit 97; fi
        shift
        exec setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- "$@"
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("sparrow-container-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_read_only_root_an_unprivileged_user_and_little_memory_are_enough()
    {
        Assert.SkipUnless(CanConfine(), "Mounts and users can be changed by root on Linux only.");
        using TinyModel model = TinyModel.Create();
        string app = Copy(Path.GetDirectoryName(ServerProcess.Executable())!, Path.Combine(_folder, "app"));
        string data = Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName;
        string weights = Copy(model.Folder, Path.Combine(data, "tiny"));
        Run("chown", "-R", $"{User}:{User}", data);
        Run("chmod", "755", _folder);

        await using ServerProcess server = ServerProcess.StartBy(
            [
                "unshare", "--mount", "prlimit", "--data=2147483648", "--core=0", "sh", "-c", Confine, "sh", data,
                Path.Combine(app, "sparrow"), "serve", "--model", $"tiny={weights}",
            ],
            ("USER_ID", User),
            ("Storage__Root", data),
            ("Storage__ReserveBytes", "0"),
            ("DOTNET_EnableDiagnostics", "0"),
            ("DOTNET_GCHeapHardLimit", HeapLimit));
        using HttpClient client = new() { BaseAddress = await server.ReadyAsync() };

        string[] status = await File.ReadAllLinesAsync($"/proc/{server.Id}/status", Cancellation);
        Assert.Contains($"Uid:\t{User}\t{User}\t{User}\t{User}", status);
        Assert.Contains("CapEff:\t0000000000000000", status);
        Assert.Contains("NoNewPrivs:\t1", status);
        Assert.Contains(await File.ReadAllLinesAsync($"/proc/{server.Id}/mounts", Cancellation), line => line.Contains(" / ", StringComparison.Ordinal) && line.Contains(" ro,", StringComparison.Ordinal));

        using HttpResponseMessage answer = await client.PostAsJsonAsync(
            "/v1/completions", new { model = "tiny", prompt = "Hello", max_tokens = 8 }, Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        // Uploads are what writes most: in one piece and in parts.
        using MultipartFormDataContent form = new() { { new ByteArrayContent(new byte[3 << 20]), "file", "notes.bin" }, { new StringContent("user_data"), "purpose" } };
        using HttpResponseMessage stored = await client.PostAsync("/v1/files", form, Cancellation);
        Assert.Equal(HttpStatusCode.OK, stored.StatusCode);
        using HttpResponseMessage upload = await client.PostAsJsonAsync(
            "/v1/uploads", new { filename = "x.bin", purpose = "user_data", bytes = 5, mime_type = "application/octet-stream" }, Cancellation);
        Assert.Equal(HttpStatusCode.OK, upload.StatusCode);
        Assert.Contains("sparrow_build_info", await client.GetStringAsync("/metrics", Cancellation), StringComparison.Ordinal);

        server.Terminate();
        Assert.Equal(0, await server.ExitAsync());
        Assert.DoesNotContain("Read-only file system", server.Output, StringComparison.Ordinal);
    }

    private static bool CanConfine() => OperatingSystem.IsLinux() && Environment.UserName == "root" && TryRun(
        "unshare", "--mount", "sh", "-c", "mount --bind /tmp /tmp && mount -o remount,bind,ro / && setpriv --version && prlimit --version");

    private static string Copy(string from, string to)
    {
        foreach (string path in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target);
        }

        return to;
    }

    private static void Run(string file, params string[] arguments) => Assert.True(TryRun(file, arguments), $"{file} {string.Join(' ', arguments)}");

    private static bool TryRun(string file, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
