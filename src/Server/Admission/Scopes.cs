namespace Sparrow.Server.Admission;

/// <summary>What a key may be allowed (C §2).</summary>
internal static class Scopes
{
    public const string Inference = "inference";
    public const string Admin = "admin";

    /// <summary>Reading <c>/metrics</c>; admin keys may too.</summary>
    public const string Management = "management";

    public static IReadOnlyList<string> All { get; } = [Inference, Admin, Management];
}
