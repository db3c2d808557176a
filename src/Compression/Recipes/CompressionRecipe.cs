using System.Text.Json;
using System.Text.Json.Nodes;
using Sparrow.Compression.Steps;

namespace Sparrow.Compression.Recipes;

/// <summary>What is to be done to a checkpoint: ordered steps, calibration, and what the result must hold to.</summary>
public sealed record CompressionRecipe
{
    /// <summary>The format of recipes that this program reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Of whatever draws at random in the steps.</summary>
    public required int Seed { get; init; }

    /// <summary>Null where the recipe leaves it to whoever runs it.</summary>
    public required CalibrationSource? Calibration { get; init; }

    /// <summary>Null where steps that train read what calibration reads.</summary>
    public required CalibrationSource? Training { get; init; }

    /// <summary>The steps, in order.</summary>
    public required IReadOnlyList<RecipeStep> Steps { get; init; }

    /// <summary>Null: nothing is measured.</summary>
    public required QualityGate? Evaluation { get; init; }

    public required RecipeOutput Output { get; init; }

    /// <summary>The recipe as it was given.</summary>
    public required JsonElement Json { get; init; }

    /// <summary>Hex SHA-256 of the recipe without regard to layout and order of members: names it in journals.</summary>
    public required string Digest { get; init; }

    /// <summary>Whether a step looks at calibration sequences, or trains on their text for want of another.</summary>
    public bool NeedsCalibration => Steps.Select(step => step.Create()).Any(step =>
        step.Needs != StatisticsNeed.None || step.SampleTokens > 0 || step.ReadsCalibration || (step.ReadsTraining && Training is null));

    /// <summary>Whether a step trains.</summary>
    public bool Trains => Steps.Any(step => step.Create().ReadsTraining);

    /// <summary>Reads a recipe.</summary>
    /// <param name="json">The recipe.</param>
    /// <param name="folder">What relative paths in it start from; null: the current folder.</param>
    /// <exception cref="RecipeException">It cannot be followed; the message says where and why.</exception>
    public static CompressionRecipe Parse(string json, string? folder = null) => RecipeReader.Read(json, folder);

    /// <summary>The same recipe with another output format.</summary>
    /// <exception cref="RecipeException">There is no such format.</exception>
    public CompressionRecipe WithFormat(string format)
    {
        JsonObject json = JsonNode.Parse(Json.GetRawText())!.AsObject();
        JsonObject output = json["output"] as JsonObject ?? [];
        output["format"] = format;
        json["output"] = output;
        CompressionRecipe changed = Parse(json.ToJsonString());
        return this with { Output = changed.Output, Json = changed.Json, Digest = changed.Digest };
    }

    /// <summary>Reads a recipe's file, or a preset as <c>preset:NAME</c>.</summary>
    /// <exception cref="RecipeException">It cannot be followed; the message says where and why.</exception>
    public static CompressionRecipe Load(string pathOrPreset)
    {
        const string Preset = "preset:";
        if (pathOrPreset.StartsWith(Preset, StringComparison.Ordinal))
        {
            return Parse(RecipePresets.Read(pathOrPreset[Preset.Length..]));
        }

        string text;
        try
        {
            text = File.ReadAllText(pathOrPreset);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RecipeException("", $"The recipe {pathOrPreset} cannot be read: {error.Message}", error);
        }

        return Parse(text, Path.GetDirectoryName(Path.GetFullPath(pathOrPreset)));
    }
}
