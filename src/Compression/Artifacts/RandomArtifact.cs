using System.Text.Json.Nodes;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Quantization;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Artifacts;

/// <summary>
/// Writes a folder of random weights that are pruned and quantised as they are drawn: what the speed of a layout is measured with, at any size,
/// without a dense model of that size beside it.
/// </summary>
public static class RandomArtifact
{
    /// <summary>Types of layers: plain bf16, or symmetric codes in groups of 64 columns.</summary>
    public static IReadOnlyList<string> Types { get; } = ["bf16", "int8", "int4"];

    /// <summary>Writes the folder. Every block has the weights of the first: as many bytes to read, and drawn once.</summary>
    /// <param name="folder">Where; it must not be there or be empty.</param>
    /// <param name="options">Shape, share of zeros and seed; its type is not looked at.</param>
    /// <param name="type">One of <see cref="Types"/>. Embeddings and routers are bf16, the head is as the layers, but with all its weights.</param>
    /// <param name="progress">Share written, 0 to 1.</param>
    /// <exception cref="ArgumentException">The shape or type is impossible.</exception>
    public static void Write(string folder, RandomCheckpointOptions options, string type, IProgress<double>? progress = null)
    {
        int bits = type switch
        {
            "bf16" => 0,
            "int8" => 8,
            "int4" => 4,
            _ => throw new ArgumentException($"The type is one of {string.Join(", ", Types)}, not '{type}'.", nameof(type)),
        };
        ModelConfig config = RandomCheckpoint.ConfigOf(options);
        Directory.CreateDirectory(folder);
        ShardWriter writer = new(folder, options.MaximumShardBytes);
        List<LinearEncoding> encodings = [];
        Dictionary<string, EncodedLinear> firstBlock = new(StringComparer.Ordinal);
        (string Name, long[] Shape)[] tensors = [.. ExpectedTensors.Of(config)];
        for (int i = 0; i < tensors.Length; i++)
        {
            (string name, long[] shape) = tensors[i];
            string first = FirstBlockName(name);
            if (!firstBlock.TryGetValue(first, out EncodedLinear? encoded))
            {
                encoded = Encode(first, shape, config, options, bits);
                if (first != name || name.StartsWith("model.layers.", StringComparison.Ordinal))
                {
                    firstBlock.Add(first, encoded);
                }
            }

            string module = Module(name);
            encodings.Add(encoded.Encoding with { Module = module });
            foreach (StoredTensor tensor in encoded.Tensors)
            {
                writer.Add(tensor with { Name = module + tensor.Name[Module(first).Length..] });
            }

            progress?.Report((i + 1.0) / tensors.Length);
        }

        writer.Finish();
        JsonObject json = JsonNode.Parse(HuggingFaceConfigWriter.Write(config, "bf16"))!.AsObject();
        if (LinearFormats.QuantizationConfig(encodings) is { } quantization)
        {
            json["quantization_config"] = quantization;
        }

        File.WriteAllText(Path.Combine(folder, "config.json"), json.ToJsonString());
        if (options.Tokenizer)
        {
            SampleTokenizer.Write(folder, options.ContextLength);
        }
    }

    private static EncodedLinear Encode(string name, long[] shape, ModelConfig config, RandomCheckpointOptions options, int bits)
    {
        int rows = shape.Length == 1 ? 1 : (int)shape[0];
        int columns = (int)shape[^1];
        RandomCheckpoint.RowFiller fill = RandomCheckpoint.FillRows(name, shape, config, options);
        float[] values = new float[rows * columns];
        for (int row = 0; row < rows; row++)
        {
            fill(row, values.AsSpan(row * columns, columns));
        }

        bool isTable = name == ExpectedTensors.Embedding || name.EndsWith("gate.weight", StringComparison.Ordinal);
        if (shape.Length == 1 || isTable || bits == 0)
        {
            RoundToBFloat16(values);
        }

        if (shape.Length == 1)
        {
            StoredTensor vector = FloatTensors.Encode(name, "BF16", shape, values);
            return new EncodedLinear([vector], new LinearEncoding(Module(name), PlainFormat.FormatName, 0, 0, true, false, 0, vector.Data.Length));
        }

        PruneMask? mask = options.Sparsity > 0 && name.StartsWith("model.layers.", StringComparison.Ordinal) ? MaskOf(values, rows, columns) : null;
        QuantizationScheme scheme = new()
        {
            Bits = bits,
            GroupSize = columns % 64 == 0 ? 64 : QuantizationScheme.WholeRow,
            Dialect = QuantizationDialect.Symmetric,
            ScalePrecision = ScalePrecision.Half,
        };
        QuantizedMatrix? codes = bits == 0 || isTable ? null : RoundToNearest.Quantize(values, rows, columns, scheme, mask);
        return LinearFormats.Encode(new CompressedLinear(name, rows, columns, values, mask, codes));
    }

    private static PruneMask MaskOf(float[] values, int rows, int columns)
    {
        PruneMask mask = new(rows, columns);
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] == 0)
            {
                mask.Set(i / columns, i % columns, kept: false);
            }
        }

        return mask;
    }

    private static void RoundToBFloat16(float[] values)
    {
        foreach (ref float value in values.AsSpan())
        {
            uint bits = BitConverter.SingleToUInt32Bits(value);
            value = BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF_0000);
        }
    }

    private static string Module(string name) => name.EndsWith(".weight", StringComparison.Ordinal) ? name[..^".weight".Length] : name;

    private static string FirstBlockName(string name)
    {
        string[] parts = name.Split('.');
        if (parts is ["model", "layers", ..])
        {
            parts[2] = "0";
        }

        return string.Join('.', parts);
    }
}
