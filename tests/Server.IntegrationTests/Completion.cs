using System.Net.Http.Json;

namespace Sparrow.Server.IntegrationTests;

/// <summary>The shortest way to make a server work.</summary>
internal static class Completion
{
    public static Task<HttpResponseMessage> PostAsync(
        SparrowServer server, string model, CancellationToken cancellation, int maxTokens = 4, string? key = null, string prompt = "Hello")
    {
        HttpRequestMessage request = new(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new { model, prompt, max_tokens = maxTokens, temperature = 0, ignore_eos = true }),
        };
        if (key is not null)
        {
            request.Headers.Add("Authorization", "Bearer " + key);
        }

        return server.Client.SendAsync(request, cancellation);
    }
}
