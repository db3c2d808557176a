using System.Text.Json;
using System.Text.Json.Nodes;
using Sparrow.Compression.Recipes;

namespace Sparrow.Server.Jobs;

/// <summary>
/// From a job to a recipe's file in its folder. Callers name files by id, as nothing they say may become a path of this machine; in the folder they
/// have names of their own, the same for every job, so that artifacts do not depend on ids.
/// </summary>
internal static class JobRecipe
{
    private const string CalibrationText = "calibration.txt";
    private const string CalibrationTokens = "calibration.json";
    private const string TrainingText = "training.txt";
    private const string TrainingTokens = "training.json";
    private const string EvaluationText = "evaluation.txt";

    private static readonly (string Section, string Member)[] s_files =
        [("calibration", "text"), ("calibration", "tokens"), ("training", "text"), ("training", "tokens"), ("evaluation", "perplexity")];

    /// <summary>Ids of files that a recipe names.</summary>
    public static IEnumerable<string> FilesOf(JsonElement recipe)
    {
        foreach ((string section, string member) in s_files)
        {
            if (recipe.TryGetProperty(section, out JsonElement value) && value.ValueKind == JsonValueKind.Object
                && value.TryGetProperty(member, out JsonElement file) && file.ValueKind == JsonValueKind.String)
            {
                yield return file.GetString()!;
            }
        }
    }

    /// <summary>A recipe as it can be read before its files are known: one that says how much to calibrate with, but not with what, gets the built-in text.</summary>
    public static string WithBuiltInText(JsonObject recipe)
    {
        JsonObject whole = recipe.DeepClone().AsObject();
        if (whole["calibration"] is JsonObject calibration && !calibration.ContainsKey("text") && !calibration.ContainsKey("tokens"))
        {
            calibration["text"] = CalibrationText;
        }

        return whole.ToJsonString();
    }

    /// <summary>A recipe's steps alone, where its files are no longer needed.</summary>
    public static string WithoutFiles(JsonElement recipe)
    {
        JsonObject steps = JsonNode.Parse(recipe.GetRawText())!.AsObject();
        steps.Remove("calibration");
        steps.Remove("training");
        steps.Remove("evaluation");
        return steps.ToJsonString();
    }

    /// <summary>Writes the recipe and the texts it names.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="folder">The job's folder; it exists.</param>
    /// <param name="hasTokenizer">Whether the source can read texts.</param>
    /// <param name="texts">Puts a stored file under a path, as token ids or as a text, and says which it was.</param>
    /// <param name="warn">Told what the caller should know.</param>
    /// <exception cref="RecipeException">It cannot be followed.</exception>
    public static CompressionRecipe Write(JobSpec spec, JobFolder folder, bool hasTokenizer, JobTexts texts, Action<string> warn)
    {
        JsonObject recipe = JsonNode.Parse(spec.Recipe.GetRawText())!.AsObject();
        recipe["seed"] = spec.Seed;
        SetEvaluation(recipe, spec, folder, hasTokenizer, texts, warn);

        SetTraining(recipe, spec, folder, hasTokenizer, texts);

        // Whether calibration is needed the steps know; to ask them, the recipe is read without.
        JsonObject probe = recipe.DeepClone().AsObject();
        probe.Remove("calibration");
        if (CompressionRecipe.Parse(probe.ToJsonString()).NeedsCalibration)
        {
            SetCalibration(recipe, spec, folder, hasTokenizer, texts, warn);
        }
        else
        {
            recipe.Remove("calibration");
        }

        File.WriteAllText(folder.Recipe, recipe.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        return CompressionRecipe.Load(folder.Recipe);
    }

    // Without it, steps that train read what calibration reads; of JSON Lines they see the documents, where calibration sees one text.
    private static void SetTraining(JsonObject recipe, JobSpec spec, JobFolder folder, bool hasTokenizer, JobTexts texts)
    {
        if (recipe["training"] is not JsonObject training)
        {
            if (spec.CalibrationFile is { } shared)
            {
                texts.PutLines(shared, JobTraining.PathIn(folder));
            }

            return;
        }

        string file = (training["tokens"] ?? training["text"])!.GetValue<string>();
        if (texts.PutTokens(file, folder.In(TrainingTokens)))
        {
            recipe["training"] = new JsonObject { ["tokens"] = TrainingTokens };
            return;
        }

        if (!hasTokenizer)
        {
            throw new RecipeException("training", "the model has no tokenizer to read a text with; give a file of token ids");
        }

        if (texts.PutLines(file, JobTraining.PathIn(folder)))
        {
            recipe.Remove("training");
            return;
        }

        texts.PutText(file, folder.In(TrainingText));
        recipe["training"] = new JsonObject { ["text"] = TrainingText };
    }

    private static void SetCalibration(JsonObject recipe, JobSpec spec, JobFolder folder, bool hasTokenizer, JobTexts texts, Action<string> warn)
    {
        JsonObject calibration = recipe["calibration"] as JsonObject ?? [];
        string? file = spec.CalibrationFile ?? calibration["text"]?.GetValue<string>() ?? calibration["tokens"]?.GetValue<string>();
        calibration.Remove("text");
        calibration.Remove("tokens");
        if (file is not null && texts.PutTokens(file, folder.In(CalibrationTokens)))
        {
            calibration["tokens"] = CalibrationTokens;
            recipe["calibration"] = calibration;
            return;
        }

        if (!hasTokenizer)
        {
            throw new RecipeException("calibration", "the model has no tokenizer to read a text with; give a calibration file of token ids");
        }

        if (file is null)
        {
            warn("No calibration_file was given: the built-in text was used. It is generated English, not what the model will be asked; a text of your own gives better results.");
            File.WriteAllText(folder.In(CalibrationText), BuiltInText.Calibration());
        }
        else
        {
            texts.PutText(file, folder.In(CalibrationText));
        }

        calibration["text"] = CalibrationText;
        recipe["calibration"] = calibration;
    }

    private static void SetEvaluation(JsonObject recipe, JobSpec spec, JobFolder folder, bool hasTokenizer, JobTexts texts, Action<string> warn)
    {
        JsonObject? given = recipe["evaluation"] as JsonObject;
        recipe.Remove("evaluation");
        if (given is null && !spec.Evaluation.Perplexity)
        {
            return;
        }

        JobEvaluation asked = spec.Evaluation;
        bool isWanted = asked.IsAsked || given is not null;
        if (!hasTokenizer)
        {
            if (isWanted)
            {
                throw new RecipeException("evaluation", "the model has no tokenizer, which measuring perplexity needs");
            }

            warn("Perplexity was not measured: the model has no tokenizer.");
            return;
        }

        JsonObject evaluation = asked.IsAsked || given is null ? [] : given;
        string? file = asked.File ?? given?["perplexity"]?.GetValue<string>();
        if (file is null)
        {
            File.WriteAllText(folder.In(EvaluationText), BuiltInText.Evaluation());
        }
        else
        {
            texts.PutText(file, folder.In(EvaluationText));
        }

        evaluation["perplexity"] = EvaluationText;
        if (asked.MaximumPerplexityIncrease is { } limit)
        {
            evaluation["max_perplexity_increase"] = limit;
        }

        if (asked.Window is { } window)
        {
            evaluation["window"] = window;
        }

        if (asked.MaximumWindows is { } windows)
        {
            evaluation["max_windows"] = windows;
        }

        recipe["evaluation"] = evaluation;
    }
}
