using System.Text.Json;

namespace Sparrow.Server.Hub;

/// <summary>What a revision holds, as the hub tells it.</summary>
/// <param name="Commit">The commit that the revision stands for.</param>
/// <param name="Files">All its files.</param>
internal sealed record HubListing(string Commit, IReadOnlyList<HubFile> Files)
{
    private const int CommitLength = 40;

    /// <exception cref="HubException">The answer is not as expected; where the hub is another program, this says what it must tell.</exception>
    public static HubListing Parse(byte[] json, HubReference reference)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            string commit = document.RootElement.GetProperty("sha").GetString() ?? "";
            if (commit.Length != CommitLength || !commit.All(char.IsAsciiHexDigitLower))
            {
                throw new FormatException("'sha' is not a commit");
            }

            return new HubListing(commit, [.. document.RootElement.GetProperty("siblings").EnumerateArray().Select(ReadFile)]);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            throw new HubException(HubFault.Unreachable, $"The hub's list of the files of '{reference}' cannot be read: {exception.Message}", exception);
        }
    }

    private static HubFile ReadFile(JsonElement item)
    {
        string name = item.GetProperty("rfilename").GetString() ?? throw new FormatException("a file has no name");
        JsonElement lfs = item.TryGetProperty("lfs", out JsonElement value) && value.ValueKind == JsonValueKind.Object ? value : default;
        long bytes = item.TryGetProperty("size", out JsonElement size) && size.ValueKind == JsonValueKind.Number
            ? size.GetInt64()
            : throw new FormatException($"'{name}' has no size");
        return bytes >= 0
            ? new HubFile(name, bytes, Digest(lfs, "sha256", 64), lfs.ValueKind == JsonValueKind.Object ? null : Digest(item, "blobId", 40))
            : throw new FormatException($"'{name}' has the size {bytes}");
    }

    private static string? Digest(JsonElement item, string name, int digits) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
        && value.GetString() is { } text && text.Length == digits && text.All(char.IsAsciiHexDigit)
            ? text.ToLowerInvariant()
            : null;
}
