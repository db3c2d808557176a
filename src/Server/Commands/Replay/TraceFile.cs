using System.Globalization;
using System.Text.Json;

namespace Sparrow.Server.Commands.Replay;

/// <summary>
/// Reads published request traces: Azure's LLM inference traces (CSV with <c>TIMESTAMP,ContextTokens,GeneratedTokens</c>) and Mooncake's (a JSON object
/// a line with <c>timestamp</c> in milliseconds, <c>input_length</c>, <c>output_length</c>, <c>hash_ids</c>).
/// </summary>
internal static class TraceFile
{
    private const string CsvHeader = "TIMESTAMP,ContextTokens,GeneratedTokens";

    /// <summary>The trace's first requests.</summary>
    /// <exception cref="UsageException">The file is missing, or is no such trace.</exception>
    public static IReadOnlyList<TraceRequest> Read(string path, int count)
    {
        if (!File.Exists(path))
        {
            throw new UsageException($"There is no trace '{path}'.");
        }

        List<TraceRequest> requests = [];
        DateTime? first = null;
        bool isCsv = false;
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (number == 1 && line.Trim() == CsvHeader)
            {
                isCsv = true;
                continue;
            }

            if (requests.Count == count)
            {
                break;
            }

            try
            {
                requests.Add(isCsv ? ReadCsv(line, ref first) : ReadJson(line));
            }
            catch (Exception exception) when (exception is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new UsageException(
                    $"Line {number} of '{path}' is no request: expected '{CsvHeader}' values below that heading, or an object with timestamp, input_length, output_length.");
            }
        }

        return requests.Count > 0 ? requests : throw new UsageException($"The trace '{path}' holds no request.");
    }

    private static TraceRequest ReadCsv(string line, ref DateTime? first)
    {
        string[] parts = line.Split(',');
        if (parts.Length != 3)
        {
            throw new FormatException();
        }

        DateTime time = DateTime.Parse(parts[0], CultureInfo.InvariantCulture);
        first ??= time;
        return new TraceRequest(time - first.Value, Positive(parts[1]), Positive(parts[2]), []);
    }

    private static TraceRequest ReadJson(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement request = document.RootElement;
        return new TraceRequest(
            TimeSpan.FromMilliseconds(request.GetProperty("timestamp").GetDouble()),
            Math.Max(1, request.GetProperty("input_length").GetInt32()),
            Math.Max(1, request.GetProperty("output_length").GetInt32()),
            request.TryGetProperty("hash_ids", out JsonElement blocks) ? [.. blocks.EnumerateArray().Select(block => block.GetInt32())] : []);
    }

    private static int Positive(string text) => Math.Max(1, int.Parse(text, CultureInfo.InvariantCulture));
}
