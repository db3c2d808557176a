using System.Security.Cryptography;
using System.Text;

namespace Sparrow.Server.Storage;

/// <summary>G-10: names a call, so that sending it again creates nothing twice.</summary>
/// <param name="Id">Digest of who calls, what is called, and the caller's key.</param>
/// <param name="BodyDigest">Digest of what is asked.</param>
internal sealed record IdempotencyKey(string Id, string BodyDigest)
{
    /// <summary>Of a request; null where it carries no key.</summary>
    public static IdempotencyKey? Of(HttpRequest request, string owner, string body)
    {
        string? key = request.Headers["Idempotency-Key"];
        return string.IsNullOrEmpty(key) ? null : new IdempotencyKey(Digest($"{owner}\n{request.Path}\n{key}"), Digest(body));
    }

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
