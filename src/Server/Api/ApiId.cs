using System.Security.Cryptography;

namespace Sparrow.Server.Api;

/// <summary>Ids that clients see (G-8): a prefix and 28 random characters, about 166 bits.</summary>
internal static class ApiId
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int RandomCharacters = 28;

    public static string New(string prefix) => prefix + RandomNumberGenerator.GetString(Alphabet, RandomCharacters);
}
