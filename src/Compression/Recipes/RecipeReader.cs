using System.Security.Cryptography;
using System.Text.Json;
using Sparrow.Compression.Steps;

namespace Sparrow.Compression.Recipes;

/// <summary>From JSON to a recipe. Whatever it does not know it refuses, with the member's path.</summary>
internal static class RecipeReader
{
    /// <exception cref="RecipeException">The recipe cannot be followed.</exception>
    public static CompressionRecipe Read(string text, string? folder)
    {
        JsonElement root;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 16 });
            root = document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            throw new RecipeException("", $"The recipe is no JSON: {error.Message}", error);
        }

        RequireVersion(root);
        RecipeArguments members = RecipeValues.Read(root, "", RecipeShapes.Recipe, RecipeShapes.Version, RecipeShapes.Steps);
        return new CompressionRecipe
        {
            Seed = members.Integer("seed"),
            Calibration = members.FindObject("calibration") is { } calibration ? ReadCalibration(calibration, folder) : null,
            Training = members.FindObject("training") is { } training ? ReadCalibration(training, folder) : null,
            Steps = ReadSteps(root),
            Evaluation = members.FindObject("evaluation") is { } evaluation ? ReadEvaluation(evaluation, folder) : null,
            Output = members.FindObject("output") is { } output
                ? new RecipeOutput { Type = output.FindText("type"), Format = output.FindText("format") }
                : new RecipeOutput(),
            Json = root,
            Digest = Convert.ToHexStringLower(SHA256.HashData(Canonical(root))),
        };
    }

    private static void RequireVersion(JsonElement root)
    {
        RecipeValues.RequireObject(root, "");
        root.TryGetProperty(RecipeShapes.Version, out JsonElement version);
        if (version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out int number) || number != CompressionRecipe.CurrentVersion)
        {
            throw RecipeValues.Unexpected(RecipeShapes.Version, $"{CompressionRecipe.CurrentVersion}", version);
        }
    }

    private static List<RecipeStep> ReadSteps(JsonElement root)
    {
        root.TryGetProperty(RecipeShapes.Steps, out JsonElement steps);
        if (steps.ValueKind != JsonValueKind.Array || steps.GetArrayLength() is 0 or > RecipeShapes.MaximumSteps)
        {
            throw RecipeValues.Unexpected(RecipeShapes.Steps, $"a list of 1 to {RecipeShapes.MaximumSteps} steps", steps);
        }

        return [.. steps.EnumerateArray().Select((step, index) => ReadStep(step, $"{RecipeShapes.Steps}[{index}]"))];
    }

    private static RecipeStep ReadStep(JsonElement json, string path)
    {
        RecipeValues.RequireObject(json, path);
        json.TryGetProperty(RecipeShapes.Type, out JsonElement type);
        StepDefinition[] ofType = [.. StepRegistry.All.Where(definition => type.ValueKind == JsonValueKind.String && definition.Type == type.GetString())];
        if (ofType.Length == 0)
        {
            throw RecipeValues.Unexpected(
                RecipeValues.Join(path, RecipeShapes.Type), $"one of {string.Join(", ", StepRegistry.All.Select(definition => definition.Type).Distinct())}", type);
        }

        json.TryGetProperty(RecipeValues.MethodName, out JsonElement method);
        StepDefinition? chosen = method.ValueKind == JsonValueKind.Undefined && ofType.Length == 1
            ? ofType[0]
            : ofType.FirstOrDefault(definition => method.ValueKind == JsonValueKind.String && definition.Method == method.GetString());
        if (chosen is null)
        {
            throw RecipeValues.Unexpected(
                RecipeValues.Join(path, RecipeValues.MethodName), $"one of {string.Join(", ", ofType.Select(definition => definition.Method))}", method);
        }

        string[] tags = chosen.Method is null ? [RecipeShapes.Type, RecipeShapes.Include] : [RecipeShapes.Type, RecipeValues.MethodName, RecipeShapes.Include];
        RecipeArguments arguments = RecipeValues.Read(json, path, chosen.Shape, tags);
        RecipeStep step = new(chosen, arguments, ReadInclude(json, path));

        // A step checks what its members mean together when it is made.
        _ = step.Create();
        return step;
    }

    private static List<string> ReadInclude(JsonElement json, string path)
    {
        if (!json.TryGetProperty(RecipeShapes.Include, out JsonElement include))
        {
            return [];
        }

        path = RecipeValues.Join(path, RecipeShapes.Include);
        if (include.ValueKind != JsonValueKind.Array || include.GetArrayLength() is 0 or > 1024)
        {
            throw RecipeValues.Unexpected(path, "a list of parts of tensor names", include);
        }

        return
        [
            .. include.EnumerateArray().Select((part, index) =>
                part.ValueKind == JsonValueKind.String && part.GetString()!.Length > 0
                    ? part.GetString()!
                    : throw RecipeValues.Unexpected($"{path}[{index}]", "a part of a tensor's name", part)),
        ];
    }

    private static CalibrationSource ReadCalibration(RecipeArguments members, string? folder) => new()
    {
        TokensFile = Resolve(members.FindText("tokens"), folder),
        TextFile = Resolve(members.FindText("text"), folder),
        Samples = members.FindInteger("samples"),
        Length = members.FindInteger("length"),
        Seed = members.FindInteger("seed") ?? 0,
    };

    private static QualityGate ReadEvaluation(RecipeArguments members, string? folder) => new()
    {
        PerplexityFile = Resolve(members.Text("perplexity"), folder)!,
        Window = members.FindInteger("window"),
        MaximumWindows = members.Integer("max_windows"),
        MaximumPerplexityIncrease = members.FindNumber("max_perplexity_increase"),
    };

    private static string? Resolve(string? path, string? folder) => path is null || folder is null ? path : Path.Combine(folder, path);

    private static byte[] Canonical(JsonElement root)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            Write(root);

            void Write(JsonElement element)
            {
                switch (element.ValueKind)
                {
                    case JsonValueKind.Object:
                        writer.WriteStartObject();
                        foreach (JsonProperty property in element.EnumerateObject().OrderBy(property => property.Name, StringComparer.Ordinal))
                        {
                            writer.WritePropertyName(property.Name);
                            Write(property.Value);
                        }

                        writer.WriteEndObject();
                        break;
                    case JsonValueKind.Array:
                        writer.WriteStartArray();
                        foreach (JsonElement item in element.EnumerateArray())
                        {
                            Write(item);
                        }

                        writer.WriteEndArray();
                        break;
                    default:
                        element.WriteTo(writer);
                        break;
                }
            }
        }

        return stream.ToArray();
    }
}
