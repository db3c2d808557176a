using System.Text.Json;

namespace Sparrow.Runtime.Loading;

/// <summary>Finds the safetensors files of a folder, by index where there are several, and says what is there instead where there are none.</summary>
internal static class SafetensorsFolder
{
    private const string SingleName = "model.safetensors";
    private const string IndexName = "model.safetensors.index.json";

    // Names under which pickled weights are found. They are recognised to be refused, never read.
    private static readonly string[] s_pickleSuffixes = [".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"];

    /// <summary>Opens every file and returns the tensors; the readers opened so far are in <paramref name="readers"/> even when this throws.</summary>
    public static List<(SafetensorsReader Reader, SafetensorsEntry Entry)> Open(string folder, string? file, List<SafetensorsReader> readers)
    {
        string single = file ?? Path.Combine(folder, SingleName);
        string index = Path.Combine(folder, IndexName);
        if (!File.Exists(single) && File.Exists(index))
        {
            return OpenSharded(folder, index, readers);
        }

        SafetensorsReader reader = SafetensorsReader.Open(File.Exists(single) ? single : FindOnly(folder));
        readers.Add(reader);
        return [.. reader.Entries.Select(entry => (reader, entry))];
    }

    public static bool IsPickle(string path) => s_pickleSuffixes.Any(suffix => path.EndsWith(suffix, StringComparison.OrdinalIgnoreCase));

    public static CheckpointException PickleRefused(string path) => new(
        path,
        "pickle files can run code and are not read; convert the model to safetensors",
        expected: "*.safetensors",
        found: Path.GetFileName(path));

    /// <summary>The only safetensors file of a folder, whatever its name: older tools called it <c>gptq_model-4bit-128g.safetensors</c>.</summary>
    private static string FindOnly(string folder)
    {
        string[] files = [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)];
        string[] weights = [.. files.Where(name => name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))];
        if (weights.Length == 1 && Path.GetFileName(weights[0]) != "adapter_model.safetensors")
        {
            return weights[0];
        }

        if (weights.Length > 1)
        {
            throw new CheckpointException(folder, "several safetensors files and no index", expected: $"{SingleName} or {IndexName}", found: $"{weights.Length} files");
        }

        if (Array.Find(files, name => Path.GetFileName(name) == "adapter_config.json") is { } adapter)
        {
            throw AdapterRefused(adapter);
        }

        if (Array.Find(files, IsPickle) is { } pickle)
        {
            throw PickleRefused(pickle);
        }

        throw new CheckpointException(folder, "the folder has no weights", expected: "*.safetensors", found: "none");
    }

    public static CheckpointException AdapterRefused(string path)
    {
        JsonElement config = CheckpointJson.ReadObject(path);
        string baseModel = config.TryGetProperty("base_model_name_or_path", out JsonElement name) && name.ValueKind == JsonValueKind.String
            ? CheckpointJson.Shorten(name.GetString()!)
            : "an unknown model";
        return new CheckpointException(
            path, "this is an adapter, not a model; merge it with its base model first", expected: "a complete model", found: $"a LoRA adapter of {baseModel}");
    }

    private static List<(SafetensorsReader Reader, SafetensorsEntry Entry)> OpenSharded(string folder, string index, List<SafetensorsReader> readers)
    {
        JsonElement root = CheckpointJson.ReadObject(index);
        if (!root.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(
                index, "the index does not say which file holds which tensor", field: "weight_map", expected: "an object", found: CheckpointJson.Describe(map));
        }

        Dictionary<string, Dictionary<string, SafetensorsEntry>> entries = new(StringComparer.Ordinal);
        Dictionary<string, SafetensorsReader> byName = new(StringComparer.Ordinal);
        List<(SafetensorsReader, SafetensorsEntry)> result = [];
        foreach (JsonProperty property in map.EnumerateObject())
        {
            string tensor = CheckpointJson.Shorten(property.Name);
            string name = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : "";

            // The index may come from anybody: it names files of its own folder and nothing else.
            if (name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny('/', '\\', '\0') || Path.IsPathRooted(name))
            {
                throw new CheckpointException(
                    index, "the file's name leads out of the folder or is none", tensor: tensor, expected: "a plain file name inside the checkpoint folder", found: CheckpointJson.Describe(property.Value));
            }

            if (!byName.TryGetValue(name, out SafetensorsReader? reader))
            {
                string path = Path.Combine(folder, name);
                if (IsPickle(name))
                {
                    throw PickleRefused(path);
                }

                if (!File.Exists(path))
                {
                    throw new CheckpointException(index, "a file that the index names is missing", tensor: tensor, expected: CheckpointJson.Shorten(name), found: "no such file");
                }

                reader = SafetensorsReader.Open(path);
                readers.Add(reader);
                byName.Add(name, reader);
                entries.Add(name, reader.Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal));
            }

            if (!entries[name].TryGetValue(property.Name, out SafetensorsEntry? entry))
            {
                throw new CheckpointException(index, "the tensor is not in the file that the index names", tensor: tensor, expected: $"in {CheckpointJson.Shorten(name)}", found: "not there");
            }

            result.Add((reader, entry));
        }

        return result;
    }
}
