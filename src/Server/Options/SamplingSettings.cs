namespace Sparrow.Server.Options;

/// <summary>Where unset sampling members come from (C §6.1).</summary>
internal sealed record SamplingSettings
{
    public static SamplingSettings Read(SettingsReader reader)
    {
        string defaults = reader.Choice("Sampling:Defaults", "openai", "openai", "model");
        if (defaults == "model")
        {
            reader.Refuse("Sampling:Defaults", "openai (defaults from a model's generation_config.json are not part of this release)", defaults);
        }

        return new SamplingSettings();
    }
}
