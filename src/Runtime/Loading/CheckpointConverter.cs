namespace Sparrow.Runtime.Loading;

/// <summary>Writes a checkpoint in another container or format, row by row. What is stored in the format asked for is copied bit for bit.</summary>
public static class CheckpointConverter
{
    private static readonly string[] s_safetensorsTypes = ["f32", "f16", "bf16"];
    private static readonly string[] s_ggufTypes = ["f32", "f16", "bf16", "q8_0", "q4_0", "q4_1"];

    /// <summary>Converts.</summary>
    /// <param name="source">An opened checkpoint.</param>
    /// <param name="destination">A file for GGUF, a folder for safetensors; made or replaced.</param>
    /// <param name="options">Container and format.</param>
    /// <param name="progress">Share of the bytes written, 0 to 1.</param>
    /// <exception cref="ArgumentException">The container cannot hold the format, or there is no such container.</exception>
    /// <exception cref="CheckpointException">The source is damaged.</exception>
    public static void Convert(Checkpoint source, string destination, ConvertOptions options, IProgress<double>? progress = null)
    {
        bool gguf = options.Container switch
        {
            "gguf" => true,
            "safetensors" => false,
            _ => throw new ArgumentException($"The container is one of gguf, safetensors, not '{options.Container}'.", nameof(options)),
        };
        string[] types = gguf ? s_ggufTypes : s_safetensorsTypes;
        if (options.Type is not null && !types.Contains(options.Type, StringComparer.Ordinal))
        {
            throw new ArgumentException($"A {options.Container} checkpoint is written as one of {string.Join(", ", types)}, not as '{options.Type}'.", nameof(options));
        }

        StoredCheckpoint stored = (StoredCheckpoint)source;
        IReadOnlyList<TensorLayout> layouts = gguf ? TensorLayouts.ForGguf(source.Config) : TensorLayouts.ForFolder(source.Config);
        List<TensorToWrite> tensors = [.. layouts.Select(layout => ConvertedTensor.Plan(stored, layout, gguf, options.Type, types))];
        double total = tensors.Sum(tensor => (double)tensor.Bytes);
        double done = 0;
        void Written(long bytes) => progress?.Report((done += bytes) / total);
        if (gguf)
        {
            GgufWriter.Write(destination, PrepareGguf(stored, destination, options.Type, tensors), tensors, Written);
            return;
        }

        byte[] config = HuggingFaceConfigWriter.Write(source.Config, options.Type ?? "f32");
        SettingsCheck.Folder(stored, destination, config);
        Directory.CreateDirectory(destination);
        SafetensorsWriter.WriteFolder(destination, tensors, options.MaximumShardBytes, Written);
        File.WriteAllBytes(Path.Combine(destination, "config.json"), config);
        TokenizerFiles.Write(stored, destination);
    }

    /// <summary>Checks, without writing anything, that GGUF has an architecture and keys for a model.</summary>
    /// <exception cref="CheckpointException">It has none; the error names the setting.</exception>
    public static void RequireGguf(Checkpoint source)
    {
        StoredCheckpoint stored = (StoredCheckpoint)source;
        List<TensorToWrite> tensors = [.. TensorLayouts.ForGguf(source.Config).Select(layout => ConvertedTensor.Plan(stored, layout, gguf: true, "f32", s_ggufTypes))];
        _ = PrepareGguf(stored, source.Path, "f32", tensors);
    }

    private static List<KeyValuePair<string, object>> PrepareGguf(StoredCheckpoint source, string destination, string? type, List<TensorToWrite> tensors)
    {
        type ??= tensors.First(tensor => tensor.Name.Contains("attn_output.weight", StringComparison.Ordinal)).Type.ToLowerInvariant();
        List<KeyValuePair<string, object>> metadata = GgufMetadataBuilder.Build(source, type);
        tensors.AddRange(GgufRopeFactors.Tensors(source.Config));
        SettingsCheck.Gguf(source, destination, metadata, tensors);
        return metadata;
    }
}
