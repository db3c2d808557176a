using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Files;
using Sparrow.Server.Storage.Records;

namespace Sparrow.Server.Jobs;

/// <summary>What a job leaves to read: a summary in the job, and three files.</summary>
internal sealed class JobReports(JobStore jobs, FileStore files)
{
    // Speeds within so much of each other are taken as equal.
    private const double NoiseShare = 0.05;

    /// <summary>The summary of C §9.2. Speeds are what was measured, or absent (J-8).</summary>
    /// <param name="report">Of the pipeline.</param>
    /// <param name="speed">Null: not measured.</param>
    /// <param name="whyNot">Why it was not measured.</param>
    public static JsonElement Summarize(
        CompressionReport report, JobSpeed? speed, string whyNot = "the model before and after do not fit into the free memory together")
    {
        JsonObject summary = new()
        {
            ["bytes_before"] = report.SizeBefore.Bytes,
            ["bytes_after"] = report.SizeAfter.Bytes,
            ["bits_per_weight"] = Math.Round(report.SizeAfter.BitsPerWeight, 4),
            ["sparsity"] = Math.Round(report.SizeAfter.Sparsity, 4),
            ["kv_bytes_per_token"] = speed?.KvBytesPerToken,
            ["perplexity_before"] = Finite(report.EvaluationBefore?.Perplexity?.Value),
            ["perplexity_after"] = Finite(report.EvaluationAfter?.Perplexity?.Value),
            ["wall_seconds"] = Math.Round(report.Seconds, 3),
            ["peak_memory_bytes"] = report.PeakMemoryBytes,
            ["tokens_per_second_before"] = speed is null ? null : Math.Round(speed.Before, 2),
            ["tokens_per_second_after"] = speed is null ? null : Math.Round(speed.After, 2),
            ["loaded_bytes_before"] = speed?.WeightBytesBefore,
            ["loaded_bytes_after"] = speed?.WeightBytesAfter,
            ["notes"] = new JsonArray([.. Notes(report, speed, whyNot).Select(note => JsonValue.Create(note))]),
        };
        return JsonSerializer.SerializeToElement(summary, JobsJsonContext.Default.JsonObject);
    }

    /// <summary>Stores the files that are not stored yet. A restart in between neither loses nor doubles one.</summary>
    public void Store(JobRecord job, CompressionReport report, JsonElement summary)
    {
        JsonObject whole = JsonNode.Parse(ReportJson.Write(report))!.AsObject();
        whole["summary"] = JsonNode.Parse(summary.GetRawText());
        JsonSerializerOptions indented = new() { WriteIndented = true };
        Store(job, "report.json", whole.ToJsonString(indented));
        Store(job, "recipe.json", JsonNode.Parse(report.Recipe.GetRawText())!.ToJsonString(indented));
        Store(job, "layers.csv", Layers(report));
    }

    /// <summary>A line a compressed matrix.</summary>
    public static string Layers(CompressionReport report)
    {
        StringBuilder csv = new("name,block,rows,columns,method,sparsity,bits_per_weight,bytes,rank,squared_error,relative_error,seconds\n");
        foreach (LayerReport layer in report.Layers)
        {
            csv.Append(CultureInfo.InvariantCulture, $"{layer.Name},{layer.Block},{layer.Rows},{layer.Columns},{layer.Method},{layer.Sparsity:R},")
                .Append(CultureInfo.InvariantCulture, $"{layer.BitsPerWeight:R},{layer.Bytes},{layer.Rank},{layer.SquaredError:R},{layer.RelativeError:R},{layer.Seconds:0.###}\n");
        }

        return csv.ToString();
    }

    private void Store(JobRecord job, string name, string content)
    {
        if (jobs.Get(job.Id).ResultFiles.Any(id => files.Find(id)?.Filename == name))
        {
            return;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(content);
        StagedFile staged = new(files.NewTemporaryPath(), bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        try
        {
            using (FileStream stream = DurableFile.Create(staged.Path))
            {
                stream.Write(bytes);
                stream.Flush(flushToDisk: true);
            }

            FileRecord file = files.Inspect(staged, name, FilePurpose.Report, null, job.Owner);
            jobs.AddResult(job.Id, file.Id, (RecordChange change) => files.Publish(staged, file, change));
        }
        finally
        {
            DurableFile.Delete(staged.Path);
        }
    }

    private static IEnumerable<string> Notes(CompressionReport report, JobSpeed? speed, string whyNot)
    {
        if (speed is null)
        {
            yield return $"Speed was not measured: {whyNot}.";
        }
        else if (report.SizeAfter.Sparsity > 0 && speed.After < speed.Before * (1 + NoiseShare))
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"Sparsity brings no speed on this machine: {speed.After:0.#} tokens a second after, {speed.Before:0.#} before. It saves memory and disk only.");
        }

        foreach (string warning in report.Warnings)
        {
            yield return warning;
        }
    }

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? Math.Round(number, 4) : null;
}
