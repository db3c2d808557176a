namespace Sparrow.Server.Options;

/// <summary>Where models are pulled from, and how long the server tries.</summary>
/// <param name="BaseAddress">A hub that speaks the API of Hugging Face's.</param>
/// <param name="Token">Sent to that address only; null: none.</param>
/// <param name="Attempts">Tries without any progress before a file is given up.</param>
/// <param name="RetryDelay">Wait before the second try; it doubles from there.</param>
/// <param name="Stall">Silence after which a connection is given up and tried again.</param>
internal sealed record HubSettings(Uri BaseAddress, string? Token, int Attempts, TimeSpan RetryDelay, TimeSpan Stall)
{
    private const string DefaultAddress = "https://huggingface.co";

    public static HubSettings Read(SettingsReader reader)
    {
        string text = reader.Text("Hub:BaseAddress", DefaultAddress, "an http or https address") ?? DefaultAddress;
        if (!Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
        {
            reader.Refuse("Hub:BaseAddress", "an http or https address", text);
            address = new Uri(DefaultAddress);
        }

        return new HubSettings(
            address,
            reader.Text("Hub:Token", "none", "text"),
            reader.Integer("Hub:Attempts", 6, 1, 100),
            reader.Seconds("Hub:RetrySeconds", 1, 60),
            reader.Seconds("Hub:StallSeconds", 30, 3600));
    }
}
