using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Sparrow.Server.Admission;

/// <summary>
/// One key of the setting <c>Auth:Keys</c>: <c>NAME=KEY</c>, with scopes <c>NAME:admin+inference=KEY</c>. <c>sha256:…</c> in the place of the key
/// is its hash in hex. What has limits or a group belongs in the file of keys.
/// </summary>
internal static class ApiKeyEntry
{
    private const string HashPrefix = "sha256:";

    /// <param name="entry">The text.</param>
    /// <param name="key">The key, hashed.</param>
    /// <param name="problem">What is wrong, without repeating the secret.</param>
    public static bool TryParse(string entry, [NotNullWhen(true)] out ApiKey? key, out string? problem)
    {
        key = null;
        int equals = entry.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || equals == entry.Length - 1)
        {
            problem = "an entry without a name or without a key";
            return false;
        }

        string[] parts = entry[..equals].Split(':', 2, StringSplitOptions.TrimEntries);
        HashSet<string> scopes = parts.Length == 1
            ? [Scopes.Inference]
            : [.. parts[1].Split('+', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        if (parts[0].Length == 0 || scopes.Count == 0 || scopes.FirstOrDefault(scope => !Scopes.All.Contains(scope)) is not null)
        {
            problem = $"'{entry[..equals]}'; scopes are {string.Join(", ", Scopes.All)}";
            return false;
        }

        string secret = entry[(equals + 1)..].Trim();
        if (!TryHash(secret, out byte[]? hash))
        {
            problem = $"a sha256 of '{parts[0]}' that is not 64 hexadecimal digits";
            return false;
        }

        problem = null;
        key = new ApiKey(hash, new Caller(parts[0], CacheSalt.Of(parts[0], group: null), scopes.Contains(Scopes.Admin)), scopes);
        return true;
    }

    private static bool TryHash(string secret, [NotNullWhen(true)] out byte[]? hash)
    {
        if (!secret.StartsWith(HashPrefix, StringComparison.OrdinalIgnoreCase))
        {
            hash = ApiKeyFile.HashOf(secret);
            return true;
        }

        hash = new byte[SHA256.HashSizeInBytes];
        ReadOnlySpan<char> digits = secret.AsSpan(HashPrefix.Length);
        return digits.Length == 2 * hash.Length
            && Convert.FromHexString(digits, hash, out _, out int written) == System.Buffers.OperationStatus.Done && written == hash.Length;
    }
}
