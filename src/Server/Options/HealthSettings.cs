namespace Sparrow.Server.Options;

/// <summary>H-2: when an engine counts as stuck.</summary>
internal sealed record HealthSettings(TimeSpan Stall)
{
    public static HealthSettings Read(SettingsReader reader) =>
        new(TimeSpan.FromSeconds(reader.Number("Health:StallSeconds", 30, 0.1, 86_400)));
}
