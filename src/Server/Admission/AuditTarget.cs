using System.Text.Json;

namespace Sparrow.Server.Admission;

/// <summary>
/// What an admin call was about: the ids in its path, and the few members of a small JSON body that name a thing. Bodies are otherwise not
/// looked at: nothing of what they hold belongs in a log.
/// </summary>
internal static class AuditTarget
{
    private const int MaxBodyBytes = 64 << 10;
    private const int MemoryBytes = 64 << 20;
    private const int MaxValueLength = 200;

    private static readonly string[] s_members = ["model", "revision", "filename", "strategy", "suffix", "purpose"];

    /// <summary>Keeps a small JSON body, so that it can be looked at once the endpoint is done with it.</summary>
    public static void Watch(HttpRequest request)
    {
        bool isJson = request.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) == true;
        if (isJson && request.ContentLength is null or > 0 and <= MaxBodyBytes)
        {
            // In memory whatever its length, which the endpoint limits: there may be no place for temporary files.
            request.EnableBuffering(MemoryBytes);
        }
    }

    /// <summary>The target in words; empty where the call names none.</summary>
    public static async Task<string> ReadAsync(HttpContext context)
    {
        List<string> facts = [];
        foreach ((string name, object? value) in context.Request.RouteValues)
        {
            facts.Add($"{name}={Shorten(Uri.UnescapeDataString(value?.ToString() ?? ""))}");
        }

        // A body that nobody has read was refused unread, and stays unread.
        Stream body = context.Request.Body;
        if (body.CanSeek && body.Length is > 0 and <= MaxBodyBytes)
        {
            body.Position = 0;
            try
            {
                using JsonDocument document = await JsonDocument.ParseAsync(body, cancellationToken: context.RequestAborted);
                AddMembers(document.RootElement, facts);
            }
            catch (Exception exception) when (exception is JsonException or OperationCanceledException or IOException or InvalidOperationException)
            {
                facts.Add("body not readable");
            }
        }

        return string.Join(' ', facts);
    }

    private static void AddMembers(JsonElement root, List<string> facts)
    {
        foreach (string member in s_members)
        {
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty(member, out JsonElement value) && value.ValueKind == JsonValueKind.String)
            {
                facts.Add($"{member}={Shorten(value.GetString()!)}");
            }
        }
    }

    // Line breaks would let a caller write lines of a log in plain text.
    private static string Shorten(string text)
    {
        string start = text.Length <= MaxValueLength ? text : text[..MaxValueLength] + "…";
        return string.Create(start.Length, start, static (span, from) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(from[i]) ? ' ' : from[i];
            }
        });
    }
}
