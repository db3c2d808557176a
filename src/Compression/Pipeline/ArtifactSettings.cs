using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sparrow.Compression.Artifacts;
using Sparrow.Compression.Recipes;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Pipeline;

/// <summary>The files of an artifact that hold no weights: settings, index, tokenizer, template.</summary>
internal static class ArtifactSettings
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What the recipe wants the result stored as.</summary>
    /// <exception cref="RecipeException">There is no such format, or it cannot hold this family.</exception>
    public static OutputForm FormOf(CompressionRecipe recipe, Checkpoint source)
    {
        try
        {
            return OutputForm.Of(recipe.Output.Format, source.Config);
        }
        catch (ArgumentException error)
        {
            throw new RecipeException("output.format", error.Message, error);
        }
    }

    /// <summary>Checks, before any work, that the result can be written.</summary>
    /// <exception cref="CheckpointException">Settings of the source cannot be written.</exception>
    public static void RequireWritable(Checkpoint source, OutputForm form)
    {
        if (source is not StoredCheckpoint)
        {
            throw new ArgumentException("The source is no stored checkpoint.", nameof(source));
        }

        if (source is GgufCheckpoint gguf)
        {
            SettingsCheck.Folder(gguf, source.Path, HuggingFaceConfigWriter.Write(source.Config, "f32"));
        }

        form.Require(source);
    }

    /// <summary>Writes them all.</summary>
    public static void Write(Checkpoint source, string folder, IReadOnlyList<JournalShard> shards, string format, string type)
    {
        JsonObject config = source is GgufCheckpoint
            ? JsonNode.Parse(HuggingFaceConfigWriter.Write(source.Config, type))!.AsObject()
            : JsonNode.Parse(File.ReadAllBytes(Path.Combine(FolderOf(source), "config.json")))!.AsObject();
        config.Remove("quantization_config");
        config.Remove("compression_config");
        JsonObject? quantization;
        try
        {
            LinearEncoding[] encodings = [.. shards.SelectMany(shard => shard.Encodings)];
            quantization = CanonicalArtifact.IsNeeded(source.Config) ? CanonicalArtifact.Config(encodings) : LinearFormats.QuantizationConfig(encodings, format);
        }
        catch (ArgumentException error)
        {
            throw new CompressionException(error.Message, error);
        }

        if (quantization is not null)
        {
            config["quantization_config"] = quantization;
        }

        WriteJson(Path.Combine(folder, "config.json"), config);
        JsonObject map = [];
        foreach (JournalShard shard in shards)
        {
            foreach (string tensor in shard.Tensors.Keys)
            {
                map[tensor] = shard.File;
            }
        }

        WriteJson(Path.Combine(folder, "model.safetensors.index.json"), new JsonObject
        {
            ["metadata"] = new JsonObject { ["total_size"] = shards.Sum(shard => shard.Tensors.Values.Sum()) },
            ["weight_map"] = map,
        });
        TokenizerFiles.Write((StoredCheckpoint)source, folder);
    }

    private static string FolderOf(Checkpoint source) =>
        Directory.Exists(source.Path) ? source.Path : Path.GetDirectoryName(Path.GetFullPath(source.Path))!;

    private static void WriteJson(string path, JsonObject json) =>
        DurableFile.Write(path, stream => JsonSerializer.Serialize(stream, json, s_indented));
}
