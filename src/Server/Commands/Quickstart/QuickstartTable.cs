using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Sparrow.Server.Commands.Quickstart;

/// <summary>The job's report and what the server says of the model, before and after. What was not measured is a dash, never a guess.</summary>
internal static class QuickstartTable
{
    public static Table Of(JsonObject job, JsonObject before, JsonObject after, TimeSpan whole)
    {
        JsonNode? report = job["report"];
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumn("measured here").AddColumn(new TableColumn("before").RightAligned()).AddColumn(new TableColumn("after").RightAligned());
        table.AddRow("checkpoint", Megabytes(report?["bytes_before"]), Megabytes(report?["bytes_after"]));
        table.AddRow("weights in memory", Megabytes(report?["loaded_bytes_before"]), Megabytes(report?["loaded_bytes_after"]));
        table.AddRow("bits a weight in memory", Number(Weights(before)?["bits_per_weight"], "0.00"), Number(Weights(after)?["bits_per_weight"], "0.00"));
        table.AddRow("weights that are zero", "", Number(report?["sparsity"], "P1"));
        table.AddRow("tokens a second", Number(report?["tokens_per_second_before"], "0.0"), Number(report?["tokens_per_second_after"], "0.0"));
        table.AddRow("perplexity", Number(report?["perplexity_before"], "0.00"), Number(report?["perplexity_after"], "0.00"));
        table.AddRow("compression took", "", Number(report?["wall_seconds"], "0.0 s"));
        table.AddRow("all of it took", "", whole.TotalSeconds.ToString("0.0 s", CultureInfo.InvariantCulture));
        return table;
    }

    private static JsonNode? Weights(JsonObject model) => model["sparrow"]?["weights"];

    private static string Megabytes(JsonNode? node) => Value(node) is { } bytes ? (bytes / 1e6).ToString("0.00 MB", CultureInfo.InvariantCulture) : "–";

    private static string Number(JsonNode? node, string format) => Value(node) is { } value ? value.ToString(format, CultureInfo.InvariantCulture) : "–";

    private static double? Value(JsonNode? node) => node is JsonValue value && value.TryGetValue(out double number) ? number : null;
}
