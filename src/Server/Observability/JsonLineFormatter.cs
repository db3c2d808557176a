using System.Globalization;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;
using Serilog.Formatting.Json;

namespace Sparrow.Server.Observability;

/// <summary>O-4: one JSON object a line: time, level, source, event id, the message as people read it, and its values as members in snake case.</summary>
internal sealed class JsonLineFormatter : ITextFormatter
{
    private static readonly JsonValueFormatter s_values = new(typeTagName: null);

    // "lj": texts in the message stand as they are, without quotes.
    private static readonly MessageTemplateTextFormatter s_message = new("{Message:lj}", CultureInfo.InvariantCulture);

    public void Format(LogEvent logEvent, TextWriter output)
    {
        output.Write("{\"time\":\"");
        output.Write(logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        output.Write("\",\"level\":\"");
        output.Write(logEvent.Level.ToString().ToLowerInvariant());
        output.Write("\",\"message\":");
        using StringWriter message = new(CultureInfo.InvariantCulture);
        s_message.Format(logEvent, message);
        JsonValueFormatter.WriteQuotedJsonString(message.ToString(), output);
        foreach ((string name, LogEventPropertyValue value) in logEvent.Properties)
        {
            if (name is "EventId" && value is StructureValue { Properties: [var id, ..] })
            {
                output.Write(",\"event_id\":");
                s_values.Format(id.Value, output);
                continue;
            }

            // The framework's scope tells the same in other words where a line names its request itself.
            if (name is "RequestId" or "RequestPath" or "ConnectionId" && logEvent.Properties.ContainsKey("requestId"))
            {
                continue;
            }

            output.Write(',');
            JsonValueFormatter.WriteQuotedJsonString(SnakeCase(name), output);
            output.Write(':');
            s_values.Format(value, output);
        }

        if (logEvent.Exception is { } exception)
        {
            output.Write(",\"exception\":");
            JsonValueFormatter.WriteQuotedJsonString(exception.ToString(), output);
        }

        output.WriteLine('}');
    }

    private static string SnakeCase(string name) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
