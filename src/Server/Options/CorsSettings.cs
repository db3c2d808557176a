namespace Sparrow.Server.Options;

/// <summary>S-5: which web pages may call; none unless listed.</summary>
internal sealed record CorsSettings(IReadOnlyList<string> Origins, bool AllowCredentials)
{
    public static CorsSettings Read(SettingsReader reader)
    {
        IReadOnlyList<string> origins = reader.List("Cors:Origins", "none (CORS off)", "list of origins");
        bool credentials = reader.Flag("Cors:AllowCredentials", false);
        if (credentials && origins.Contains("*"))
        {
            reader.Refuse("Cors:Origins", "a list of origins where Cors:AllowCredentials is true", "*");
        }

        return new CorsSettings(origins, credentials);
    }
}
