using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Polly;
using Polly.Retry;
using Polly.Timeout;
using Sparrow.Server.Options;

namespace Sparrow.Server.Hub;

/// <summary>Calls to the hub: time-outs, retries, redirects. The token goes to the hub's own address and nowhere else.</summary>
internal sealed class HubTransport : IDisposable
{
    private const int MaxRedirects = 5;

    // What a server may ask us to wait. A wait of an hour would look like a server that hangs.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(120);

    private readonly HubSettings _settings;
    private readonly HttpClient _client;

    public HubTransport(HubSettings settings, TimeProvider time)
    {
        _settings = settings;

        // Redirects are followed here, and bytes are taken as they are: a digest is of what the hub stores.
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("sparrow", "1"));
        Stall = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddTimeout(settings.Stall > TimeSpan.Zero ? settings.Stall : TimeSpan.FromHours(1))
            .Build();
        ResiliencePipelineBuilder retry = new() { TimeProvider = time };
        if (settings.Attempts > 1)
        {
            retry.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = settings.Attempts - 1,
                Delay = settings.RetryDelay,
                MaxDelay = TimeSpan.FromSeconds(60),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = static arguments => ValueTask.FromResult(IsWorthAnotherTry(arguments.Outcome.Exception)),
                DelayGenerator = static arguments => ValueTask.FromResult((arguments.Outcome.Exception as HubStatusException)?.RetryAfter),
            });
        }

        Retry = retry.Build();
    }

    /// <summary>Ends a single wait for the network that takes too long.</summary>
    public ResiliencePipeline Stall { get; }

    /// <summary>Tries again what may go better next time.</summary>
    public ResiliencePipeline Retry { get; }

    /// <summary>Whether an error is the network's or the server's and not ours.</summary>
    public static bool IsWorthAnotherTry(Exception? exception) => exception is HttpRequestException or TimeoutRejectedException or HttpIOException
        or HubStatusException { MayPass: true } or IOException { InnerException: SocketException };

    public void Dispose() => _client.Dispose();

    /// <summary>Sends one GET and follows redirects; the answer is a success, its body unread.</summary>
    /// <param name="address">Below the hub's address.</param>
    /// <param name="prepare">Adds headers, for each hop anew.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="HubStatusException">The answer is none.</exception>
    public async Task<HttpResponseMessage> GetAsync(Uri address, Action<HttpRequestHeaders> prepare, CancellationToken cancellation)
    {
        for (int hop = 0; hop <= MaxRedirects; hop++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, address);
            if (_settings.Token is { } token && IsHubItself(address))
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            }

            prepare(request.Headers);
            HttpResponseMessage response = await Stall.ExecuteAsync(
                async token => await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token), cancellation);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                bool isRedirect = response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                    or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
                if (!isRedirect || response.Headers.Location is not { } location)
                {
                    throw new HubStatusException(response.StatusCode, WaitOf(response));
                }

                Uri next = new(address, location);
                bool isAllowed = next.Scheme == "https" || (next.Scheme == "http" && address.Scheme == "http");
                address = isAllowed ? next : throw new HubException(HubFault.Unreachable, $"The hub redirects to '{next.Scheme}://{next.Authority}', which is not followed.");
            }
        }

        throw new HubException(HubFault.Unreachable, $"The hub redirects more than {MaxRedirects} times.");
    }

    private bool IsHubItself(Uri address) =>
        address.Scheme == _settings.BaseAddress.Scheme && address.Authority == _settings.BaseAddress.Authority;

    private static TimeSpan? WaitOf(HttpResponseMessage response) =>
        response.Headers.RetryAfter?.Delta is { } wait ? TimeSpan.FromTicks(Math.Min(wait.Ticks, s_longestWait.Ticks)) : null;
}
