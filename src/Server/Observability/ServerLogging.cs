using Serilog;
using Serilog.Core;
using Serilog.Extensions.Logging;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Options;

namespace Sparrow.Server.Observability;

/// <summary>Serilog as the provider of logs: one JSON object a line on standard output, or plain lines at a terminal.</summary>
internal static class ServerLogging
{
    private const string TextTemplate = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{NewLine}{Exception}";

    public static void AddServerLogging(this WebApplicationBuilder builder, ServerSettings settings)
    {
        bool isText = settings.Logging.Format == "text" || (settings.Logging.Format == "auto" && !Console.IsOutputRedirected);
        LoggerConfiguration serilog = new LoggerConfiguration().MinimumLevel.Verbose();

        // Levels are the framework's business (Logging:LogLevel), which filters before Serilog is asked.
        serilog = isText
            ? serilog.WriteTo.Console(outputTemplate: TextTemplate, formatProvider: System.Globalization.CultureInfo.InvariantCulture)
            : serilog.WriteTo.Console(new JsonLineFormatter());
        // A stream that ends broken on purpose (E-9) has its own line in the access log; the web server would call it an unhandled error.
        Logger logger = serilog.Filter.ByExcluding(line => line.Exception is BrokenStreamException).CreateLogger();
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));

        // Not AddSerilog: that sets a filter of its own, which lets everything through.
        builder.Logging.AddProvider(new SerilogLoggerProvider(logger, dispose: true));
    }
}
