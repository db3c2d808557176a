using Sparrow.Compression.Artifacts;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Pipeline;

/// <summary>Writes the files of weights of an artifact, a block at a time.</summary>
internal sealed class ArtifactWriter(Checkpoint source, string folder, string format, FloatType type)
{
    private readonly int _shardCount = source.Config.LayerCount + 1;

    /// <summary>Stores a block: its linears as the steps left them, everything else as the source has it or as a step changed it.</summary>
    public JournalShard WriteBlock(BlockContext block, IReadOnlyList<LayerReport> layers, IReadOnlyList<string> warnings)
    {
        List<TensorToWrite> tensors = [];
        List<LinearEncoding> encodings = [];
        foreach (LinearState linear in block.AllLinears)
        {
            Add(linear, tensors, encodings, format);
        }

        foreach ((string name, long[] shape) in BlockTensors.Others(source.Config, block.Layer))
        {
            tensors.Add(block.Vectors.TryGetValue(name, out float[]? changed) ? Float(name, shape, changed) : Copy(name, shape));
        }

        return Write(block.Layer, tensors, encodings, layers, warnings);
    }

    /// <summary>Stores what is outside the blocks.</summary>
    public JournalShard WriteTables(IReadOnlyList<LinearState> tables, IReadOnlyList<LayerReport> layers, IReadOnlyList<string> warnings)
    {
        List<TensorToWrite> tensors = [];
        List<LinearEncoding> encodings = [];
        foreach ((string name, long[] shape) in BlockTensors.Outside(source.Config))
        {
            if (tables.FirstOrDefault(table => table.Name == name && table.IsChanged) is { } changed)
            {
                Add(changed, tensors, encodings, LinearFormats.HoldsTables(format) ? format : PlainFormat.FormatName);
            }
            else
            {
                tensors.Add(Copy(name, shape));
            }
        }

        return Write(_shardCount - 1, tensors, encodings, layers, warnings);
    }

    private void Add(LinearState linear, List<TensorToWrite> tensors, List<LinearEncoding> encodings, string chosen)
    {
        if (!linear.IsChanged)
        {
            tensors.Add(Copy(linear.Name, [linear.Rows, linear.Columns]));
            return;
        }

        LargeArrays.Reclaim();
        EncodedLinear encoded;
        try
        {
            encoded = LinearFormats.Encode(
                new CompressedLinear(linear.Name, linear.Rows, linear.Columns, linear.Quantized is null ? linear.Values : [], linear.Mask, linear.Quantized, linear.Correction), chosen);
        }
        catch (ArgumentException error)
        {
            throw new CompressionException(error.Message, error);
        }

        tensors.AddRange(encoded.Tensors.Select(TensorToWrite.Of));
        encodings.Add(encoded.Encoding);
    }

    private JournalShard Write(
        int index, List<TensorToWrite> tensors, List<LinearEncoding> encodings, IReadOnlyList<LayerReport> layers, IReadOnlyList<string> warnings)
    {
        string name = $"model-{index + 1:D5}-of-{_shardCount:D5}.safetensors";
        string path = Path.Combine(folder, name);
        DurableFile.Write(path, stream => SafetensorsWriter.Write(stream, tensors));
        Dictionary<string, LinearEncoding> byModule = encodings.ToDictionary(encoding => encoding.Module, StringComparer.Ordinal);
        return new JournalShard(
            name, DurableFile.Digest(path), new FileInfo(path).Length, tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Bytes, StringComparer.Ordinal),
            encodings, [.. layers.Select(layer => WithSize(layer, byModule))], [.. warnings]);
    }

    private static LayerReport WithSize(LayerReport layer, Dictionary<string, LinearEncoding> encodings)
    {
        long bytes = encodings[layer.Name[..^".weight".Length]].Bytes;
        return layer with { Bytes = bytes, BitsPerWeight = 8.0 * bytes / ((double)layer.Rows * layer.Columns) };
    }

    // What no step changed keeps its bits where the type is one that the file can hold; formats of GGUF become floats.
    private TensorToWrite Copy(string name, long[] shape)
    {
        TensorInfo tensor = source.Tensors[name];
        FloatType stored = FloatType.Of(shape.Length == 1 && tensor.Format is not ("f16" or "bf16") ? "f32" : FloatType.IsOne(tensor.Format) ? tensor.Format : type.Name);
        int columns = (int)shape[^1];
        float[] values = new float[columns];
        return new TensorToWrite(name, shape, stored.Codec, (row, bytes) =>
        {
            source.ReadRow(name, row, values);
            AsInFolders(name, values);
            stored.Encode(values, bytes);
        });
    }

    private TensorToWrite Float(string name, long[] shape, float[] values) =>
        new(name, shape, FloatType.Of("f32").Codec, (_, bytes) =>
        {
            float[] stored = [.. values];
            AsInFolders(name, stored);
            FloatType.Of("f32").Encode(stored, bytes);
        });

    // gemma's folders hold the gains of norms less one, its GGUF files hold them whole; an artifact is a folder.
    private void AsInFolders(string name, Span<float> values)
    {
        bool isWhole = !source.Config.NormWeightsLessOne && HuggingFaceConfig.HasNormsLessOne(source.Config.Family);
        for (int i = 0; isWhole && name.EndsWith("norm.weight", StringComparison.Ordinal) && i < values.Length; i++)
        {
            values[i]--;
        }
    }
}
