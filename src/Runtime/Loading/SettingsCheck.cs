using System.Text.Json;
using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>
/// Reads back the settings that a converter is about to write. A setting that the container cannot say, or not of this family, would else be lost
/// silently and leave a model that talks nonsense.
/// </summary>
internal static class SettingsCheck
{
    /// <exception cref="CheckpointException">A setting would be lost; its field names it.</exception>
    public static void Gguf(StoredCheckpoint source, string destination, IEnumerable<KeyValuePair<string, object>> metadata, IEnumerable<TensorToWrite> tensors)
    {
        ModelConfig written = GgufConfig.Read(
            new GgufMetadata(destination, metadata.ToDictionary(StringComparer.Ordinal)),
            tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape, StringComparer.Ordinal),
            GgufRopeFactors.Of(source.Config));
        Compare(source, written, "GGUF");
    }

    /// <exception cref="CheckpointException">A setting would be lost; its field names it.</exception>
    public static void Folder(StoredCheckpoint source, string destination, byte[] config)
    {
        using JsonDocument json = JsonDocument.Parse(config);
        Compare(source, HuggingFaceConfig.Parse(Path.Combine(destination, "config.json"), json.RootElement), "config.json");
    }

    private static void Compare(StoredCheckpoint source, ModelConfig written, string container)
    {
        if (ModelConfigDifference.Find(source.Config, written) is { } difference)
        {
            throw new CheckpointException(
                source.Path, $"{container} cannot say this setting of the family {source.Config.Family}", field: difference.Setting, expected: difference.Second, found: difference.First);
        }
    }
}
