using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Sparrow.Server.IntegrationTests.Hub;

/// <summary>
/// A hub on loopback with one repository, <c>acme/tiny</c>. Large files (weights) are redirected to another port, as real hubs send them to a
/// content network. Answers go wrong as a test asks: each call for a file first takes one fault from the file's queue.
/// </summary>
internal sealed class FakeHub : IAsyncDisposable
{
    public const string Repository = "acme/tiny";
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly WebApplication _app;
    private readonly Dictionary<string, byte[]> _files;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<Func<HttpContext, Task<bool>>>> _faults = new();
    private readonly ConcurrentQueue<string> _calls = new();
    private readonly int _publicPort;
    private readonly int _storePort;

    private FakeHub(Dictionary<string, byte[]> files)
    {
        _files = files;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        _app = builder.Build();
        _app.Run(AnswerAsync);
        ((Microsoft.Extensions.Hosting.IHost)_app).StartAsync().GetAwaiter().GetResult();
        Uri[] addresses = [.. _app.Urls.Select(url => new Uri(url))];
        (_publicPort, _storePort) = (addresses[0].Port, addresses[1].Port);
        Address = addresses[0];
    }

    public Uri Address { get; }

    /// <summary>Only calls with this token see anything; null: everybody.</summary>
    public string? Token { get; set; }

    /// <summary>What the list of files says of one of them, instead of the truth.</summary>
    public Dictionary<string, string> AnnouncedDigests { get; } = [];

    /// <summary>Every call: path, the range asked for, and whether a token came along.</summary>
    public IReadOnlyList<string> Calls => [.. _calls];

    public static FakeHub Start(string folder, params (string Name, byte[] Content)[] more)
    {
        Dictionary<string, byte[]> files = Directory.GetFiles(folder).ToDictionary(path => Path.GetFileName(path), File.ReadAllBytes);
        foreach ((string name, byte[] content) in more)
        {
            files[name] = content;
        }

        return new FakeHub(files);
    }

    public byte[] ContentOf(string name) => _files[name];

    public void Replace(string name, byte[] content) => _files[name] = content;

    public void Remove(string name) => _files.Remove(name);

    /// <summary>Makes the next calls for a file (or for the list, <c>list</c>) go wrong. A fault that returns false leaves the call to go on rightly.</summary>
    public void Break(string name, params ReadOnlySpan<Func<HttpContext, Task<bool>>> faults)
    {
        foreach (Func<HttpContext, Task<bool>> fault in faults)
        {
            _faults.GetOrAdd(name, _ => new()).Enqueue(fault);
        }
    }

    public static Func<HttpContext, Task<bool>> Status(int status, int? retryAfterSeconds = null) => context =>
    {
        context.Response.StatusCode = status;
        if (retryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        return Task.FromResult(true);
    };

    /// <summary>Sends some bytes of the right answer and cuts the connection.</summary>
    public Func<HttpContext, Task<bool>> Cut(string name, int bytes) => async context =>
    {
        await SendAsync(context, name, bytes);
        await context.Response.Body.FlushAsync();
        context.Abort();
        return true;
    };

    /// <summary>Sends some bytes and then nothing, until the caller gives up.</summary>
    public Func<HttpContext, Task<bool>> Freeze(string name, int bytes) => async context =>
    {
        await SendAsync(context, name, bytes);
        await context.Response.Body.FlushAsync();
        TaskCompletionSource gone = new();
        await using CancellationTokenRegistration registration = context.RequestAborted.Register(gone.SetResult);
        await gone.Task;
        return true;
    };

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path;
        string range = context.Request.Headers.Range.ToString();
        bool hasToken = context.Request.Headers.Authorization.Count > 0;
        _calls.Enqueue($"{(context.Connection.LocalPort == _storePort ? "store" : "hub")} {path} {range} {(hasToken ? "token" : "")}".TrimEnd());
        bool mayPass = context.Connection.LocalPort == _storePort || Token is null || context.Request.Headers.Authorization == "Bearer " + Token;
        string name = path.StartsWith("/api/", StringComparison.Ordinal) ? "list" : path[(path.LastIndexOf('/') + 1)..];
        if (!mayPass)
        {
            context.Response.StatusCode = 401;
        }
        else if (context.Connection.LocalPort == _publicPort && IsLarge(name) && _files.ContainsKey(name))
        {
            context.Response.Redirect($"http://127.0.0.1:{_storePort}/{name}");
        }
        else if (_faults.TryGetValue(name, out ConcurrentQueue<Func<HttpContext, Task<bool>>>? faults) && faults.TryDequeue(out Func<HttpContext, Task<bool>>? fault)
            && await fault(context))
        {
            return;
        }
        else if (path is $"/api/models/{Repository}/revision/main" or $"/api/models/{Repository}/revision/{Commit}")
        {
            await context.Response.Body.WriteAsync(List());
        }
        else if (_files.ContainsKey(name))
        {
            await SendAsync(context, name, int.MaxValue);
        }
        else
        {
            context.Response.StatusCode = 404;
        }
    }

    private byte[] List() => JsonSerializer.SerializeToUtf8Bytes(new
    {
        sha = Commit,
        siblings = _files.Select(file => new Dictionary<string, object?>
        {
            ["rfilename"] = file.Key,
            ["size"] = file.Value.Length,
            ["blobId"] = IsLarge(file.Key) ? "pointer" : DigestOf(file.Key),
            ["lfs"] = IsLarge(file.Key) ? new { sha256 = DigestOf(file.Key), size = file.Value.Length } : null,
        }),
    });

    private string DigestOf(string name) => AnnouncedDigests.TryGetValue(name, out string? wrong) ? wrong : TrueDigestOf(name);

    private string TrueDigestOf(string name)
    {
        byte[] content = _files[name];
#pragma warning disable CA5350 // What git names its objects by.
        return IsLarge(name)
            ? Convert.ToHexStringLower(SHA256.HashData(content))
            : Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));
#pragma warning restore CA5350
    }

    private async Task SendAsync(HttpContext context, string name, int most)
    {
        byte[] content = _files[name];
        string tag = $"\"{TrueDigestOf(name)}\"";
        int from = 0;
        string range = context.Request.Headers.Range.ToString();
        if (range.StartsWith("bytes=", StringComparison.Ordinal) && context.Request.Headers.IfRange == tag)
        {
            from = int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
        }

        context.Response.Headers.ETag = tag;
        context.Response.ContentLength = content.Length - from;
        await context.Response.Body.WriteAsync(content.AsMemory(from, Math.Min(most, content.Length - from)));
    }

    private static bool IsLarge(string name) => name.EndsWith(".safetensors", StringComparison.Ordinal) || name.EndsWith(".gguf", StringComparison.Ordinal);
}
