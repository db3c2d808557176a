using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.EndToEnd.Tests;

/// <summary>The command in a process of its own. scripts/compress-kill.sh kills more often, at random moments.</summary>
public sealed class CompressTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sparrow-kill-");
    private readonly TinyModel _model = TinyModel.Create(new RandomCheckpointOptions { LayerCount = 6 });

    [Fact]
    public async Task A_compression_killed_in_several_blocks_ends_with_the_bytes_of_one_that_was_not()
    {
        int[][] segments = [.. Enumerable.Range(0, 8).Select(i => Enumerable.Range(0, 256).Select(t => (t * (i + 3)) % 250).ToArray())];
        await File.WriteAllTextAsync(In("ids.json"), JsonSerializer.Serialize(segments), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            In("recipe.json"),
            """{"version":1,"calibration":{"tokens":"ids.json"},"steps":[{"type":"prune","method":"wanda","sparsity":0.5}]}""",
            TestContext.Current.CancellationToken);
        await using (ServerProcess whole = Compress("whole"))
        {
            Assert.Equal(0, await whole.ExitAsync());
        }

        foreach (int block in new[] { 1, 3, 5 })
        {
            await using ServerProcess killed = Compress("killed");
            while (!killed.Output.Contains($"block {block} of 6", StringComparison.Ordinal) && !Directory.Exists(In("killed")))
            {
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }

            killed.Kill();
            await killed.ExitAsync();
        }

        await using (ServerProcess last = Compress("killed"))
        {
            Assert.Equal(0, await last.ExitAsync());
        }

        string[] names = [.. Directory.GetFiles(In("whole")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
        Assert.Equal(names, Directory.GetFiles(In("killed")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.All(names, name => Assert.Equal(File.ReadAllBytes(Path.Combine(In("whole"), name)), File.ReadAllBytes(Path.Combine(In("killed"), name))));
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    private ServerProcess Compress(string output) =>
        ServerProcess.Start(["compress", "--model", _model.Folder, "--recipe", In("recipe.json"), "--out", In(output), "--resume"]);

    private string In(string name) => Path.Combine(_folder.FullName, name);
}
