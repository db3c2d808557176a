using System.Text.Json;
using System.Text.Json.Nodes;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Artifacts;

/// <summary>
/// Writes a checkpoint, compressed or not, as a safetensors folder in one of the formats of <see cref="LinearFormats"/>, without loss or not at all.
/// </summary>
public static class ArtifactConverter
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>Converts.</summary>
    /// <param name="source">An opened checkpoint.</param>
    /// <param name="destination">The folder, which must not be there or be empty; it appears when it is complete.</param>
    /// <param name="format">One of <see cref="LinearFormats.Names"/>.</param>
    /// <param name="change">What to make of each matrix first; null: nothing.</param>
    /// <param name="maximumShardBytes">Largest file, unless one tensor is larger.</param>
    /// <param name="progress">Share of the tensors written, 0 to 1.</param>
    /// <exception cref="ArgumentException">There is no such format, or it cannot hold a matrix; the message says which and why.</exception>
    /// <exception cref="CheckpointException">The source is damaged, or of a family that is not stored matrix by matrix.</exception>
    public static void Convert(
        Checkpoint source,
        string destination,
        string format,
        Func<CompressedLinear, CompressedLinear>? change = null,
        long maximumShardBytes = 1L << 30,
        IProgress<double>? progress = null)
    {
        LinearFormat chosen = LinearFormats.Get(format);
        StoredCheckpoint stored = (StoredCheckpoint)source;
        if (CanonicalArtifact.Refuse(source.Config, format) is { } reason)
        {
            throw new ArgumentException(reason, nameof(format));
        }

        if (Directory.Exists(destination) && Directory.EnumerateFileSystemEntries(destination).Any())
        {
            throw new ArgumentException($"The folder {destination} is there and not empty.", nameof(destination));
        }

        string partial = destination.TrimEnd(Path.DirectorySeparatorChar) + ".partial";
        if (Directory.Exists(partial))
        {
            Directory.Delete(partial, recursive: true);
        }

        Directory.CreateDirectory(partial);
        try
        {
            List<LinearEncoding> encodings = WriteTensors(stored, partial, chosen, change, maximumShardBytes, progress);
            WriteConfig(stored, partial, CanonicalArtifact.IsNeeded(source.Config) ? CanonicalArtifact.Config(encodings) : chosen.Config(encodings));
            TokenizerFiles.Write(stored, partial);
            if (Directory.Exists(destination))
            {
                Directory.Delete(destination);
            }

            Directory.Move(partial, destination);
        }
        catch
        {
            Directory.Delete(partial, recursive: true);
            throw;
        }
    }

    private static List<LinearEncoding> WriteTensors(
        StoredCheckpoint source, string folder, LinearFormat format, Func<CompressedLinear, CompressedLinear>? change, long maximumShardBytes, IProgress<double>? progress)
    {
        List<LinearEncoding> encodings = [];
        ShardWriter writer = new(folder, maximumShardBytes);
        (string Name, long[] Shape)[] tensors = [.. ExpectedTensors.Of(source.Config)];
        for (int i = 0; i < tensors.Length; i++)
        {
            (string name, long[] shape) = tensors[i];
            string storedName = CanonicalArtifact.IsNeeded(source.Config) ? name : HuggingFaceNames.ToStored(source.Config.Family, name);
            if (shape.Length == 1)
            {
                float[] values = source.LoadVector(name, (int)shape[0]);
                writer.Add(FloatTensors.Encode(storedName, FloatTensors.TypeOfWeights(values), shape, values));
            }
            else
            {
                CompressedLinear linear = StoredLinears.Read(source, name);
                linear = (change is null ? linear : change(linear)) with { Name = storedName };
                EncodedLinear encoded = LinearFormats.Encode(linear, StaysPlain(name, linear, format) ? PlainFormat.FormatName : format.Name);
                encodings.Add(encoded.Encoding);
                foreach (StoredTensor tensor in encoded.Tensors)
                {
                    writer.Add(tensor);
                }
            }

            progress?.Report((i + 1.0) / tensors.Length);
        }

        writer.Finish();
        return encodings;
    }

    /// <summary>
    /// Embeddings, heads and routers that are plain numbers stay so in every format. GPTQ and AWQ hold the layers of blocks only, with one setting
    /// for all.
    /// </summary>
    private static bool StaysPlain(string name, CompressedLinear linear, LinearFormat format)
    {
        bool isLayer = name.StartsWith("model.layers.", StringComparison.Ordinal) && !name.EndsWith("mlp.gate.weight", StringComparison.Ordinal);
        return !isLayer && ((linear.Quantized is null && linear.KeptMask is null) || !format.HoldsTables);
    }

    private static void WriteConfig(StoredCheckpoint source, string folder, JsonObject? quantization)
    {
        JsonObject config;
        if (source is GgufCheckpoint)
        {
            if (source.Config.Family != "llama")
            {
                throw new CheckpointException(
                    source.Path, "only GGUF files of the llama family can be written as folders", field: "general.architecture", expected: "llama", found: source.Config.Family);
            }

            config = JsonNode.Parse(HuggingFaceConfigWriter.Write(source.Config, "bf16"))!.AsObject();
        }
        else
        {
            string sourceFolder = Directory.Exists(source.Path) ? source.Path : Path.GetDirectoryName(Path.GetFullPath(source.Path))!;
            config = JsonNode.Parse(File.ReadAllBytes(Path.Combine(sourceFolder, "config.json")))!.AsObject();
        }

        config.Remove("quantization_config");
        if (quantization is not null)
        {
            config["quantization_config"] = quantization;
        }

        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString(s_indented));
    }
}
