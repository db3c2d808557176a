using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sparrow.Server.IntegrationTests;

/// <summary>Keeps the lines that a server logs, whatever their category, in the order they come.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<(string Category, string Text)> _lines = new();

    private LogLines()
    {
    }

    /// <summary>What was logged so far, with its values.</summary>
    public IReadOnlyList<(string Category, string Text)> All => [.. _lines];

    public static LogLines Of(SparrowServer server)
    {
        LogLines lines = new();
        server.Services.GetRequiredService<ILoggerFactory>().AddProvider(lines);
        return lines;
    }

    public IEnumerable<string> In(string category) => All.Where(line => line.Category == category).Select(line => line.Text);

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _lines);

    public void Dispose()
    {
    }

    private sealed class Logger(string category, ConcurrentQueue<(string Category, string Text)> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        // Values that are not part of the sentence can give something away as well.
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string values = state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(' ', pairs.Select(pair => pair.Value)) : "";
            lines.Enqueue((category, $"{formatter(state, exception)} {values} {exception}"));
        }
    }
}
