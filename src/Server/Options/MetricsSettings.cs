namespace Sparrow.Server.Options;

/// <summary>The text exposition.</summary>
/// <param name="Prefix">Prefix of the compatible series.</param>
internal sealed record MetricsSettings(string Prefix)
{
    public static MetricsSettings Read(SettingsReader reader)
    {
        string prefix = reader.Text("Metrics:Prefix", "vllm:", "letters, digits, _ and :") ?? "vllm:";
        if (char.IsAsciiDigit(prefix[0]) || !prefix.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or ':'))
        {
            reader.Refuse("Metrics:Prefix", "letters, digits, _ and :, not beginning with a digit", prefix);
        }

        return new MetricsSettings(prefix);
    }
}
