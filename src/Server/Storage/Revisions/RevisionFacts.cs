using System.Text.Json;
using Sparrow.Compression.Pipeline;
using Sparrow.Runtime.Loading;

namespace Sparrow.Server.Storage.Revisions;

/// <summary>What the files of a revision say of themselves: headers, and the record of the compression that made them.</summary>
internal static class RevisionFacts
{
    private const string GgufExtension = ".gguf";

    /// <summary>Reads headers only, besides what digests need.</summary>
    /// <exception cref="CheckpointException">The folder holds no checkpoint, or one that cannot be used.</exception>
    public static RevisionRecord Read(NewRevision asked, string id, IReadOnlyDictionary<string, string> files, long bytes, long now)
    {
        string checkpoint = FindCheckpoint(asked.Folder);
        using Checkpoint opened = Checkpoint.Open(Path.Combine(asked.Folder, checkpoint));
        IReadOnlyList<FormatPlan> plans = opened.PlanFormats();
        return new RevisionRecord
        {
            Id = id,
            Model = asked.Model,
            CreatedAt = now,
            JobId = asked.JobId,
            Parent = asked.Parent,
            Digest = opened.Digest,
            Checkpoint = checkpoint,
            Bytes = bytes,
            LoadedBytes = plans.Sum(plan => plan.LoadedBytes),
            Parameters = opened.Tensors.Values.Sum(tensor => tensor.Shape.Aggregate(1L, (product, size) => product * size)),
            Sparsity = opened.Sparsity,
            ContextLength = opened.Config.ContextLength,
            Family = opened.Config.Family,
            Format = string.Join('+', plans.Select(plan => plan.Layout).Distinct()),
            Quality = asked.Quality ?? QualityOf(asked.Folder),
            KvProfile = files.ContainsKey(ModelLoader.CarriedProfile) ? ModelLoader.CarriedProfile : null,
            Files = files,
        };
    }

    private static string FindCheckpoint(string folder)
    {
        if (File.Exists(Path.Combine(folder, "config.json")))
        {
            return "";
        }

        string[] files = [.. Directory.EnumerateFiles(folder).Where(file => file.EndsWith(GgufExtension, StringComparison.OrdinalIgnoreCase))];
        return files.Length == 1
            ? Path.GetFileName(files[0])
            : throw new CheckpointException(
                folder, "the folder is no checkpoint", expected: "config.json with its weights, or one GGUF file", found: $"{files.Length} GGUF files");
    }

    private static RevisionQuality? QualityOf(string folder)
    {
        string path = Path.Combine(folder, ArtifactRecord.FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            ArtifactRecord? record = JsonSerializer.Deserialize(File.ReadAllBytes(path), ArtifactJson.Default.ArtifactRecord);
            return record?.EvaluationAfter?.Perplexity is { } after
                ? new RevisionQuality(after.Value, record.EvaluationBefore?.Perplexity?.Value, null, GateOf(record.Recipe))
                : null;
        }
        catch (JsonException exception)
        {
            throw new CheckpointException(path, $"the artifact's record cannot be read: {exception.Message}");
        }
    }

    private static double? GateOf(JsonElement recipe) =>
        recipe.ValueKind == JsonValueKind.Object
        && recipe.TryGetProperty("evaluation", out JsonElement gate) && gate.ValueKind == JsonValueKind.Object
        && gate.TryGetProperty("max_perplexity_increase", out JsonElement limit) && limit.ValueKind == JsonValueKind.Number
            ? limit.GetDouble()
            : null;
}
