using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sparrow.Server.Storage;

namespace Sparrow.Server.Hub;

/// <summary>Compares a file with what the hub announced.</summary>
internal static class HubDigest
{
    /// <summary>Null where the file is right, otherwise what is wrong in words.</summary>
    public static async Task<string?> FindFaultAsync(string path, HubFile file, CancellationToken cancellation)
    {
        long length = new FileInfo(path).Length;
        if (length != file.Bytes)
        {
            return $"expected {file.Bytes} bytes, found {length}";
        }

        if (file.Sha256 is null && file.GitBlob is null)
        {
            return "the hub announces no digest";
        }

        HashAlgorithmName algorithm = file.Sha256 is null ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256;
        using IncrementalHash hash = IncrementalHash.CreateHash(algorithm);
        if (file.Sha256 is null)
        {
            // Git hashes an object's kind and length before its content.
            hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {length}\0")));
        }

        await using FileStream stream = DurableFile.OpenRead(path);
        byte[] buffer = DurableFile.NewBuffer();
        while (await stream.ReadAsync(buffer, cancellation) is > 0 and var read)
        {
            hash.AppendData(buffer, 0, read);
        }

        string found = Convert.ToHexStringLower(hash.GetHashAndReset());
        string expected = file.Sha256 ?? file.GitBlob!;
        return found == expected ? null : $"expected {algorithm.Name} {expected}, found {found}";
    }
}
