using System.Diagnostics;
using System.Text.RegularExpressions;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.EndToEnd.Tests;

/// <summary>The pages of docs/clients are programs: their blocks are run in order, as one, against a server with keys.</summary>
public sealed partial class ClientPageTests
{
    private const string Key = "sk-of-the-page";

    [Fact]
    public async Task The_page_for_curl_runs_as_it_stands()
    {
        Assert.SkipUnless(Has("bash") && Has("curl") && Has("jq"), "The page needs bash, curl and jq.");
        string output = await RunAsync("bash", "sh", "page.sh", "set -euo pipefail\n");
        Assert.Contains("data: [DONE]", output, StringComparison.Ordinal);
        Assert.Contains("\"status\": \"succeeded\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_for_Python_runs_as_it_stands()
    {
        Assert.SkipUnless(Has("python3"), "The page needs Python.");
        string output = await RunAsync("python3", "python", "page.py", "");
        Assert.Contains("404 model_not_found", output, StringComparison.Ordinal);
        Assert.Contains("\nsucceeded ", output, StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(string program, string language, string file, string prologue)
    {
        string page = RepositoryRoot.Read("docs", "clients", program == "bash" ? "curl.md" : "python.md");
        string code = prologue + string.Join('\n', Block().Matches(page).Where(match => match.Groups[1].Value == language).Select(match => match.Groups[2].Value));
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sparrow-page-");
        await using ServerProcess server = ServerProcess.Start([], ("Auth__Keys", $"page:admin+inference={Key}"), ("Storage__ReserveBytes", "0"));
        try
        {
            string path = Path.Combine(folder.FullName, file);
            await File.WriteAllTextAsync(path, code, TestContext.Current.CancellationToken);
            ProcessStartInfo start = new(program, [path]) { WorkingDirectory = folder.FullName, RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["BASE"] = (await server.ReadyAsync()).ToString().TrimEnd('/');
            start.Environment["KEY"] = Key;
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, $"{output}\n{await errors}");
            return output;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static bool Has(string program) => Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, program)));

    [GeneratedRegex(@"^```(\w+)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
