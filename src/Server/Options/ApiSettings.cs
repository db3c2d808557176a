namespace Sparrow.Server.Options;

/// <summary>How requests are read.</summary>
/// <param name="RejectsUnknownParameters">G-5: members that nobody knows are answered with 400 instead of being named in a header.</param>
internal sealed record ApiSettings(bool RejectsUnknownParameters)
{
    public static ApiSettings Read(SettingsReader reader) => new(reader.Choice("Api:UnknownParameters", "ignore", "ignore", "reject") == "reject");
}
