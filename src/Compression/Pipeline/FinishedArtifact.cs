using System.Text.Json;
using Sparrow.Compression.Evaluation.Reports;

namespace Sparrow.Compression.Pipeline;

/// <summary>An artifact that an earlier run of the same compression has made.</summary>
internal static class FinishedArtifact
{
    /// <summary>Its report, without times, and what was under way is cleared up; null where the output is something else.</summary>
    public static CompressionReport? Find(CompressionOptions options)
    {
        string path = Path.Combine(options.Output, ArtifactRecord.FileName);
        ArtifactRecord? record;
        try
        {
            record = File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), ArtifactJson.Default.ArtifactRecord) : null;
        }
        catch (JsonException)
        {
            return null;
        }

        if (record is null || record.RecipeDigest != options.Recipe.Digest)
        {
            return null;
        }

        string left = CompressionJournal.FolderOf(options.Output);
        if (Directory.Exists(left))
        {
            Directory.Delete(left, recursive: true);
        }

        return new CompressionReport
        {
            Model = record.Model,
            SourceDigest = record.SourceDigest,
            Recipe = record.Recipe,
            Seed = record.Seed,
            Kernels = record.Kernels,
            Seconds = 0,
            CalibrationTokens = record.CalibrationTokens,
            SizeBefore = record.SizeBefore,
            SizeAfter = record.SizeAfter,
            EvaluationBefore = record.EvaluationBefore,
            EvaluationAfter = record.EvaluationAfter,
            LayerErrors = record.LayerErrors,
            Layers = record.Layers,
            Warnings = record.Warnings,
        };
    }
}
