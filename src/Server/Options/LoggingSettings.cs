namespace Sparrow.Server.Options;

/// <summary>What is logged.</summary>
/// <param name="Content">S-7: whether prompts and outputs may be logged, truncated.</param>
/// <param name="Format"><c>json</c>, <c>text</c>, or <c>auto</c>: text at a terminal.</param>
internal sealed record LoggingSettings(bool Content, string Format)
{
    public static LoggingSettings Read(SettingsReader reader)
    {
        reader.Leave("Logging:LogLevel:");
        return new LoggingSettings(reader.Flag("Logging:Content", false), reader.Choice("Logging:Format", "auto", "auto", "json", "text"));
    }
}
