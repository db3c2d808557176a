using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Loading;

/// <summary>The damaged and odd folders of the reference data: each refused with file and reason, or accepted.</summary>
public sealed class BadCheckpointTests
{
    [Fact]
    public void Every_folder_is_accepted_or_refused_as_its_manifest_says()
    {
        string root = SharedData.Require("models", "bad");
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(root, "manifest.json")));
        List<string> faults = [];
        int count = 0;
        foreach (JsonElement item in manifest.RootElement.GetProperty("cases").EnumerateArray())
        {
            count++;
            string folder = item.GetProperty("folder").GetString()!;
            if (Check(root, folder, item) is { } fault)
            {
                faults.Add($"{folder}: {fault}");
            }
        }

        Assert.True(count > 70);
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    private static string? Check(string root, string folder, JsonElement item)
    {
        bool valid = item.GetProperty("valid").GetBoolean();
        try
        {
            LoadedTensors.LoadAll(Path.Combine(root, folder));
            return valid ? null : "accepted";
        }
        catch (CheckpointException error) when (!valid)
        {
            if (item.TryGetProperty("file", out JsonElement file) && !error.File.Contains(folder, StringComparison.Ordinal))
            {
                return $"names {error.File} instead of {file.GetString()}: {error.Message}";
            }

            // A vocabulary beyond 32 bits may be refused in the config already, without looking at tensors.
            bool named = !item.TryGetProperty("tensor", out JsonElement tensor)
                || error.Message.Contains(tensor.GetString()!, StringComparison.Ordinal)
                || folder == "config-huge-vocab";
            return named && error.Reason.Length > 0 ? null : $"does not name {item.GetProperty("tensor").GetString()}: {error.Message}";
        }
        catch (Exception error)
        {
            return $"{error.GetType().Name}: {error.Message}";
        }
    }
}
