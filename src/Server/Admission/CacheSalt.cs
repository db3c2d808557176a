using System.Security.Cryptography;
using System.Text;

namespace Sparrow.Server.Admission;

/// <summary>
/// callers share cached prompts only inside a group that the operator has named. The salt is opaque, so that no client value meets it.
/// </summary>
internal static class CacheSalt
{
    public static string Of(string keyName, string? group) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(group is null ? "key:" + keyName : "group:" + group)));
}
