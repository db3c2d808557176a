using System.Buffers;
using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Models;

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

        // The writers know llama's settings; to leave another family's out would give a model that talks nonsense.
        if (source.Config.Family != "llama")
        {
            throw new CheckpointException(
                source.Path, "only checkpoints of the llama family can be converted", field: "model_type", expected: "llama", found: source.Config.Family);
        }

        StoredCheckpoint stored = (StoredCheckpoint)source;
        List<TensorToWrite> tensors = [];
        foreach ((string name, long[] shape) in ExpectedTensors.Of(source.Config))
        {
            tensors.Add(Plan(stored, name, shape, gguf, options.Type, types));
        }

        double total = tensors.Sum(tensor => (double)tensor.Bytes);
        double done = 0;
        void Written(long bytes) => progress?.Report((done += bytes) / total);
        if (gguf)
        {
            tensors.AddRange(RopeFactors(source.Config));
            string type = options.Type ?? source.Tensors["model.layers.0.mlp.up_proj.weight"].Format;
            GgufWriter.Write(destination, GgufMetadataBuilder.Build(stored, type), tensors, Written);
            return;
        }

        Directory.CreateDirectory(destination);
        SafetensorsWriter.WriteFolder(destination, tensors, options.MaximumShardBytes, Written);
        File.WriteAllBytes(Path.Combine(destination, "config.json"), HuggingFaceConfigWriter.Write(source.Config, options.Type ?? "f32"));
        TokenizerFiles.Write(stored, destination);
    }

    private static TensorToWrite Plan(StoredCheckpoint stored, string name, long[] shape, bool gguf, string? type, string[] types)
    {
        TensorSource tensor = stored.Sources[name];
        int columns = tensor.Columns;
        string format = shape.Length == 1 && (gguf || !types.Contains(tensor.Format, StringComparer.Ordinal)) ? "f32"
            : shape.Length == 1 ? tensor.Format
            : type ?? (types.Contains(tensor.Format, StringComparer.Ordinal) ? tensor.Format : "f32");
        TensorCodec codec = CodecRegistry.FindEncoder(format)!;
        if (columns % codec.BlockValues != 0)
        {
            // A row that is no whole number of blocks cannot be stored in them; half precision is what other writers fall back to.
            codec = CodecRegistry.F16;
        }

        RowOrder order = gguf ? GgufNames.OrderOf(name, stored.Config) : default;
        string storedName = gguf ? GgufNames.ToGguf(name) : name;
        if (shape.Length > 1 && tensor is PlainTensor plain && plain.Format == codec.Name)
        {
            return new TensorToWrite(storedName, shape, codec, (row, bytes) => plain.StoredRow(order.CanonicalRow(row)).CopyTo(bytes));
        }

        return new TensorToWrite(storedName, shape, codec, (row, bytes) =>
        {
            float[] values = ArrayPool<float>.Shared.Rent(columns);
            float[] ordered = ArrayPool<float>.Shared.Rent(columns);
            try
            {
                int sourceRow = shape.Length > 1 ? order.CanonicalRow(row) : 0;
                tensor.ReadRow(sourceRow, values.AsSpan(0, columns), stored.AllowNonFinite);
                Span<float> result = values.AsSpan(0, columns);
                if (shape.Length == 1 && order.HeadSize > 0)
                {
                    for (int i = 0; i < columns; i++)
                    {
                        ordered[i] = values[order.CanonicalRow(i)];
                    }

                    result = ordered.AsSpan(0, columns);
                }

                ((IEncodingCodec)codec).Encode(result, bytes);
            }
            finally
            {
                ArrayPool<float>.Shared.Return(values);
                ArrayPool<float>.Shared.Return(ordered);
            }
        });
    }

    /// <summary>GGUF has no key for llama3's scaling: it stores the divisor of each pair's frequency as a tensor.</summary>
    private static IEnumerable<TensorToWrite> RopeFactors(ModelConfig config)
    {
        float[]? factors = GgufRopeFactors.Of(config);
        if (factors is not null)
        {
            yield return new TensorToWrite(
                GgufNames.RopeFrequencies, [factors.Length], CodecRegistry.F32, (_, bytes) => CodecRegistry.F32.Encode(factors, bytes));
        }
    }
}
