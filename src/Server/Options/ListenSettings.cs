using System.Net;

namespace Sparrow.Server.Options;

/// <summary>Where the server listens.</summary>
/// <param name="Urls">Addresses of the API.</param>
/// <param name="IsHttp2">Whether the API speaks HTTP/2 without TLS (h2c with prior knowledge, as gateways do) in place of HTTP/1.1.</param>
/// <param name="ManagementUrl">An address of its own for <c>/metrics</c> (S-6), or null.</param>
internal sealed record ListenSettings(IReadOnlyList<string> Urls, bool IsHttp2, string? ManagementUrl)
{
    /// <summary>S-3: whether only this machine can reach the addresses.</summary>
    public bool IsLoopbackOnly => Urls.All(IsLoopback) && (ManagementUrl is null || IsLoopback(ManagementUrl));

    public static ListenSettings Read(SettingsReader reader)
    {
        const string Expected = "http://address:port";
        IReadOnlyList<string> urls = reader.List("Server:Url", "http://127.0.0.1:8080", Expected);
        bool isHttp2 = reader.Choice("Server:Protocol", "http1", "http1", "http2") == "http2";
        string? management = reader.Text("Server:ManagementUrl", "none", Expected);
        Check(reader, "Server:Url", urls);
        Check(reader, "Server:ManagementUrl", management is null ? [] : [management]);
        return new ListenSettings(urls.Count > 0 ? urls : ["http://127.0.0.1:8080"], isHttp2, management);
    }

    private static void Check(SettingsReader reader, string key, IReadOnlyList<string> urls)
    {
        foreach (string url in urls)
        {
            // Kestrel also knows '*' and '+' for all addresses, which Uri does not.
            string parsable = url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal);
            if (!Uri.TryCreate(parsable, UriKind.Absolute, out Uri? uri) || uri.Scheme != "http" || uri.AbsolutePath != "/")
            {
                reader.Refuse(key, "addresses of the form http://127.0.0.1:8080, separated by semicolons", url);
            }
        }
    }

    private static bool IsLoopback(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out Uri? uri)
        && (uri.Host == "localhost" || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address)));
}
