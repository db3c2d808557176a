using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sparrow.Runtime;
using Sparrow.Server.Admission;
using Sparrow.Server.Api;
using Sparrow.Server.Api.Files;
using Sparrow.Server.Api.Jobs;
using Sparrow.Server.Api.Models;
using Sparrow.Server.Api.Pool;
using Sparrow.Server.Api.Revisions;
using Sparrow.Server.Api.Swaps;
using Sparrow.Server.Api.Uploads;
using Sparrow.Server.Hub;
using Sparrow.Server.Jobs;
using Sparrow.Server.Observability;
using Sparrow.Server.Observability.Exposition;
using Sparrow.Server.Options;
using Sparrow.Server.Storage;

namespace Sparrow.Server.Hosting;

/// <summary>Puts the server together; reads as its table of contents.</summary>
internal static class ServerApplication
{
    /// <summary>A server that listens once started, loads its models, and then is ready.</summary>
    /// <param name="settings">Checked settings.</param>
    /// <param name="models">What to serve besides what the storage remembers; where there is neither, the sample.</param>
    /// <param name="configuration">For the framework's own section, <c>Logging:LogLevel</c>.</param>
    /// <param name="time">Null: the system's clock.</param>
    /// <param name="replace">Puts other parts in place of some, such as a disk that fails; null: nothing.</param>
    /// <param name="adapters">What to serve beside the models; null: nothing.</param>
    /// <exception cref="SettingsException">The storage remembers other models than an adapter names.</exception>
    public static WebApplication Build(
        ServerSettings settings,
        IReadOnlyList<ModelSource> models,
        IConfiguration configuration,
        TimeProvider? time = null,
        Action<IServiceCollection>? replace = null,
        IReadOnlyList<AdapterSource>? adapters = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddConfiguration(configuration);
        builder.AddServerLogging(settings);
        builder.ListenOn(settings);
        builder.Services.AddServer(settings, time ?? TimeProvider.System);
        replace?.Invoke(builder.Services);

        WebApplication app = builder.Build();

        // Made now, so that a wrong file of keys stops the start, and before the first instrument, so that nothing goes uncounted.
        app.Services.GetRequiredService<MetricCollector>();
        app.Services.GetRequiredService<KeyStore>();
        app.Services.OpenStorage();
        try
        {
            app.Services.RestorePool(models, SampleModel.Source(settings.Storage.Root), adapters ?? []);
        }
        catch (SettingsException)
        {
            ((IDisposable)app).Dispose();
            throw;
        }

        app.UseMiddleware<AccessLog>();
        app.UseApiAnswers();
        app.UseRouting();
        app.UseMiddleware<DrainHeader>();
        app.UseCorsWhereConfigured(settings);
        app.UseMiddleware<AuditLog>();
        app.UseMiddleware<Authentication>();

        app.MapInferenceApi();
        app.MapFiles();
        app.MapUploads();
        app.MapJobs();
        app.MapHealth();
        app.MapMetrics();
        app.MapPool();
        app.MapSwaps();
        app.MapRevisions();
        app.MapModelImport();
        app.MapVersion();
        app.MapAdmin();
        app.MapOpenApi("/openapi/{documentName}.json");
        app.UseSwaggerUI(page =>
        {
            page.RoutePrefix = "swagger";
            page.SwaggerEndpoint("/openapi/v1.json", "Sparrow");
        });
        return app;
    }

    private static void AddServer(this IServiceCollection services, ServerSettings settings, TimeProvider time)
    {
        services.AddSingleton(settings);
        services.AddSingleton(time);
        services.AddSingleton<IHostLifetime, QuietLifetime>();
        services.AddSingleton<ServerState>();
        services.AddSingleton<Drain>();
        services.AddPool();
        services.AddSingleton<ModelStartup>();
        services.AddHostedService(provider => provider.GetRequiredService<ModelStartup>());
        services.AddHostedService<PoolSweep>();
        services.AddSingleton<StallWatch>();
        services.AddSingleton<KeyStore>();
        services.AddSingleton<KeyRate>();
        services.AddSingleton<RuntimeMetrics>();
        services.AddSingleton<ServerMetrics>();
        services.AddSingleton<MetricCollector>();
        services.Configure<HostOptions>(options => options.ShutdownTimeout = settings.Shutdown.GracePeriod);
        services.AddStorage();
        services.AddSingleton<HubSource>();
        services.AddJobs();
        services.AddRouting();
        services.AddInferenceApi();
        services.AddCors();
        services.AddOpenApi("v1");
        services.AddHostedService<Tracing>();
        services.AddMetrics();
    }

    /// <summary>S-5: off unless origins are listed.</summary>
    private static void UseCorsWhereConfigured(this WebApplication app, ServerSettings settings)
    {
        if (settings.Cors.Origins.Count == 0)
        {
            return;
        }

        app.UseCors(policy =>
        {
            policy.WithOrigins([.. settings.Cors.Origins]).AllowAnyHeader().AllowAnyMethod();
            policy.WithExposedHeaders("x-request-id", "x-sparrow-model", "x-sparrow-ignored-params", "openai-processing-ms", "retry-after", "retry-after-ms");
            if (settings.Cors.AllowCredentials)
            {
                policy.AllowCredentials();
            }
        });
    }

    private static void ListenOn(this WebApplicationBuilder builder, ServerSettings settings)
    {
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // On HTTP/2 a flush ends when the frame has been written, not when it has been put aside: a reset drops what is still waiting,
            // and the error frame of a broken stream (E-9) would go with it.
            if (settings.Server.IsHttp2)
            {
                kestrel.Limits.MaxResponseBufferSize = 0;
            }

            // Without TLS a connection cannot negotiate: it is one protocol or the other.
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = settings.Server.IsHttp2 ? HttpProtocols.Http2 : HttpProtocols.Http1);

            // Above our own limits on headers, so that crossing ours is answered in the contract's error shape.
            kestrel.Limits.MaxRequestHeadersTotalSize = 256 << 10;
            kestrel.Limits.MaxRequestHeaderCount = 1000;
        });
        string[] management = settings.Server.ManagementUrl is { } url ? [url] : [];
        builder.WebHost.UseUrls([.. settings.Server.Urls, .. management]);
    }
}
