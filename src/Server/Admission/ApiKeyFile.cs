using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sparrow.Server.Admission;

/// <summary>
/// Reads the file of keys: <c>{"keys":[{"name":"alice","key":"sk-…","scopes":["inference"],"group":null,"max_concurrent":8,"requests_per_minute":600,"min_priority":0}]}</c>.
/// Instead of <c>key</c> there may be <c>sha256</c>, its hash in hex, so that the file holds no secret.
/// </summary>
internal static class ApiKeyFile
{
    /// <exception cref="InvalidDataException">The file is not as described; the message says where.</exception>
    public static IReadOnlyList<ApiKey> Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(
                File.ReadAllBytes(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("keys", out JsonElement list)
                || list.ValueKind != JsonValueKind.Array
                || list.GetArrayLength() == 0)
            {
                throw Refuse(path, "expected an object with a list 'keys' of at least one key");
            }

            List<ApiKey> keys = [];
            foreach (JsonElement item in list.EnumerateArray())
            {
                keys.Add(ReadKey(path, keys.Count, item));
            }

            return keys.GroupBy(key => key.Caller.KeyName).FirstOrDefault(group => group.Count() > 1) is { } doubled
                ? throw Refuse(path, $"two keys are named '{doubled.Key}'")
                : keys;
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path}: not JSON: {exception.Message}", exception);
        }
    }

    /// <summary>The hash that a presented key is compared by.</summary>
    public static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private static ApiKey ReadKey(string path, int index, JsonElement item)
    {
        string where = $"keys[{index}]";
        if (item.ValueKind != JsonValueKind.Object)
        {
            throw Refuse(path, $"{where}: expected an object");
        }

        string? name = null;
        string? group = null;
        byte[]? hash = null;
        HashSet<string> scopes = [Scopes.Inference];
        int? maxConcurrent = null;
        int? minPriority = null;
        int? requestsPerMinute = null;
        foreach (JsonProperty member in item.EnumerateObject())
        {
            switch (member.Name)
            {
                case "name":
                    name = Text(path, where, member);
                    break;
                case "key":
                    hash = HashOf(Text(path, where, member));
                    break;
                case "sha256":
                    hash = Digest(path, where, Text(path, where, member));
                    break;
                case "scopes":
                    scopes = ReadScopes(path, where, member.Value);
                    break;
                case "group":
                    group = member.Value.ValueKind == JsonValueKind.Null ? null : Text(path, where, member);
                    break;
                case "max_concurrent":
                    maxConcurrent = Number(path, where, member, 1);
                    break;
                case "requests_per_minute":
                    requestsPerMinute = Number(path, where, member, 1);
                    break;
                case "min_priority":
                    minPriority = Number(path, where, member, int.MinValue);
                    break;
                default:
                    throw Refuse(path, $"{where}: unknown member '{member.Name}'");
            }
        }

        if (string.IsNullOrEmpty(name) || hash is null)
        {
            throw Refuse(path, $"{where}: 'name' and one of 'key' and 'sha256' are required");
        }

        Caller caller = new(name, CacheSalt.Of(name, group), scopes.Contains(Scopes.Admin))
        {
            MaxConcurrent = maxConcurrent,
            MinPriority = minPriority,
            RequestsPerMinute = requestsPerMinute,
        };
        return new ApiKey(hash, caller, scopes);
    }

    private static HashSet<string> ReadScopes(string path, string where, JsonElement value)
    {
        HashSet<string> scopes = [];
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Refuse(path, $"{where}: 'scopes' is a list of {string.Join(", ", Scopes.All)}");
        }

        foreach (JsonElement item in value.EnumerateArray())
        {
            string? scope = item.ValueKind == JsonValueKind.String ? item.GetString() : null;
            if (scope is null || !Scopes.All.Contains(scope))
            {
                throw Refuse(path, $"{where}: 'scopes' holds {item.GetRawText()}; known are {string.Join(", ", Scopes.All)}");
            }

            scopes.Add(scope);
        }

        return scopes;
    }

    private static string Text(string path, string where, JsonProperty member) =>
        member.Value.ValueKind == JsonValueKind.String && member.Value.GetString() is { Length: > 0 } text
            ? text
            : throw Refuse(path, $"{where}: '{member.Name}' is a text that is not empty");

    private static int Number(string path, string where, JsonProperty member, int minimum) =>
        member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt32(out int number) && number >= minimum
            ? number
            : throw Refuse(path, $"{where}: '{member.Name}' is a whole number of at least {minimum}");

    private static byte[] Digest(string path, string where, string hex)
    {
        try
        {
            return Convert.FromHexString(hex) is { Length: SHA256.HashSizeInBytes } hash ? hash : throw new FormatException();
        }
        catch (FormatException)
        {
            throw Refuse(path, $"{where}: 'sha256' is 64 hexadecimal digits");
        }
    }

    private static InvalidDataException Refuse(string path, string reason) => new($"{path}: {reason}.");
}
