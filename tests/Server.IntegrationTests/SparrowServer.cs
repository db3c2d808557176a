using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Hosting;
using Sparrow.Server.Options;
using Sparrow.Testing;

namespace Sparrow.Server.IntegrationTests;

/// <summary>
/// The real server in this process: Kestrel on a free loopback port, the real engine, a tiny model of random weights called <c>tiny</c>.
/// Disposing stops it and deletes the model.
/// </summary>
internal sealed class SparrowServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<IDisposable> _owned;

    private SparrowServer(WebApplication app, List<IDisposable> owned)
    {
        _app = app;
        _owned = owned;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromMinutes(2) };
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>A client of it, without a key.</summary>
    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    public ModelPool Pool => Services.GetRequiredService<ModelPool>();

    /// <summary>Starts a server and waits until it is ready.</summary>
    /// <param name="settings">Settings by key (<c>Scheduler:MaxRunning</c>); null: defaults, with a short drain.</param>
    /// <param name="models">Arguments as of <c>--model</c>; null: a tiny model called <c>tiny</c>.</param>
    /// <param name="time">Null: the system's clock.</param>
    /// <param name="replace">Puts other parts in place of some.</param>
    /// <param name="tiny">Of the model called <c>tiny</c>; null: the usual one.</param>
    /// <param name="adapters">Arguments as of <c>--adapter</c>.</param>
    public static async Task<SparrowServer> StartAsync(
        IReadOnlyDictionary<string, string?>? settings = null,
        IReadOnlyList<string>? models = null,
        TimeProvider? time = null,
        Action<IServiceCollection>? replace = null,
        RandomCheckpointOptions? tiny = null,
        IReadOnlyList<string>? adapters = null)
    {
        SparrowServer server = await ListenAsync(settings, models, time, replace, tiny, adapters);
        try
        {
            await server.Services.GetRequiredService<ModelStartup>().Finished.WaitAsync(TimeSpan.FromMinutes(1));
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a server and returns as soon as it listens; its models may still be loading.</summary>
    public static async Task<SparrowServer> ListenAsync(
        IReadOnlyDictionary<string, string?>? settings = null,
        IReadOnlyList<string>? models = null,
        TimeProvider? time = null,
        Action<IServiceCollection>? replace = null,
        RandomCheckpointOptions? tiny = null,
        IReadOnlyList<string>? adapters = null)
    {
        List<IDisposable> owned = [];
        if (models is null)
        {
            TinyModel model = TinyModel.Create(tiny);
            owned.Add(model);
            models = [$"tiny={model.Folder}"];
        }

        ScratchFolder data = new();
        owned.Add(data);
        Dictionary<string, string?> values = new(StringComparer.OrdinalIgnoreCase)
        {
            ["Storage:Root"] = data.Path,
            ["Server:Url"] = "http://127.0.0.1:0",
            ["Shutdown:DelaySeconds"] = "0",
            ["Shutdown:DrainSeconds"] = "5",
            ["KvCache:Bytes"] = "16MiB",
            ["Logging:LogLevel:Default"] = "Warning",
        };
        foreach ((string key, string? value) in settings ?? new Dictionary<string, string?>())
        {
            values[key] = value;
        }

        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        WebApplication app = ServerApplication.Build(
            ServerSettings.Read(configuration), [.. models.Select(ModelSource.Parse)], configuration, time, replace, [.. (adapters ?? []).Select(AdapterSource.Parse)]);
        await app.StartAsync();
        return new SparrowServer(app, owned);
    }

    /// <summary>Stops serving; what the server holds stays until it is disposed.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        foreach (IDisposable owned in _owned)
        {
            owned.Dispose();
        }
    }
}
