using System.Text.Json;
using System.Text.Json.Nodes;
using Sparrow.Compression.Recipes;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Jobs;
using Sparrow.Server.Storage.Files;

namespace Sparrow.Server.Api.Jobs;

internal sealed partial class JobRequests
{
    private const string DefaultPreset = "balanced";
    private const int MaxRecipeBytes = 1 << 20;

    /// <summary>The member as given with defaults filled in, the recipe that it means, and that recipe's own seed.</summary>
    private (JsonElement Method, JsonElement Recipe, int? Seed) ReadMethod(RequestObject request)
    {
        if (!request.TryTake("method", out JsonElement element))
        {
            element = JsonSerializer.SerializeToElement(
                new JsonObject { ["type"] = "preset", ["preset"] = DefaultPreset }, JobsJsonContext.Default.JsonObject);
        }

        RequestObject method = new(element, "method");
        string type = RequestObject.Text(method.TakeRequired("type"), "method.type");
        JsonObject recipe = type switch
        {
            "preset" => Preset(RequestObject.Text(method.TakeRequired("preset"), "method.preset")),
            "recipe" => Given(method),
            "target" or "supervised" or "dpo" or "reinforcement" => throw ApiException.Unsupported($"method.type", $"'{type}' is not offered; use preset or recipe"),
            _ => throw ApiException.Invalid("invalid_value", "Invalid value for 'method.type': expected preset or recipe.", "method.type"),
        };
        request.Ignore(method);

        // The command line's recipes say which version they are of; here the API's own version says it.
        if (!recipe.ContainsKey("version"))
        {
            recipe.Insert(0, "version", CompressionRecipe.CurrentVersion);
        }

        try
        {
            CompressionRecipe parsed = CompressionRecipe.Parse(JobRecipe.WithBuiltInText(recipe));
            JsonElement json = JsonSerializer.SerializeToElement(recipe, JobsJsonContext.Default.JsonObject);
            foreach (string file in JobRecipe.FilesOf(json))
            {
                Require(file, "method.recipe");
            }

            return (element.Clone(), json, recipe.ContainsKey("seed") ? parsed.Seed : null);
        }
        catch (RecipeException error)
        {
            throw Recipe(error);
        }
    }

    private static JsonObject Preset(string name) => RecipePresets.Names.Contains(name)
        ? JsonNode.Parse(RecipePresets.Read(name))!.AsObject()
        : throw ApiException.Invalid("invalid_value", $"Invalid value for 'method.preset': expected one of {string.Join(", ", RecipePresets.Names)}.", "method.preset");

    private JsonObject Given(RequestObject method)
    {
        if (method.TakeString("recipe_file", 1) is { } id)
        {
            FileRecord file = Require(id, "method.recipe_file");
            if (file.Bytes > MaxRecipeBytes)
            {
                throw ApiException.Invalid("invalid_value", $"A recipe has at most {MaxRecipeBytes} bytes; '{file.Filename}' has {file.Bytes}.", "method.recipe_file");
            }

            try
            {
                return JsonNode.Parse(File.ReadAllBytes(files.PathOf(file))) as JsonObject ?? throw new JsonException("it is no object");
            }
            catch (JsonException error)
            {
                throw ApiException.Invalid("invalid_value", $"'{file.Filename}' is no recipe: {error.Message}", "method.recipe_file");
            }
        }

        JsonElement recipe = method.TakeRequired("recipe");
        return recipe.ValueKind == JsonValueKind.Object
            ? JsonNode.Parse(recipe.GetRawText())!.AsObject()
            : throw RequestObject.WrongType("method.recipe", "an object", recipe);
    }
}
