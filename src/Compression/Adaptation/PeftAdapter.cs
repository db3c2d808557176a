using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Adaptation;

/// <summary>Adapters beside a model, in the layout of PEFT: adapter_config.json and adapter_model.safetensors.</summary>
/// <param name="Adapters">By linear, masks left out.</param>
/// <param name="IsMasked">Whether products count only where the base weights are not pruned.</param>
public sealed record PeftAdapter(IReadOnlyList<LoraAdapter> Adapters, bool IsMasked)
{
    /// <summary>Where an artifact keeps its own.</summary>
    public const string FolderName = "adapter";

    private const string ConfigName = "adapter_config.json";
    private const string WeightsName = "adapter_model.safetensors";
    private const string Prefix = "base_model.model.";

    /// <summary>Writes adapters; only the directions that count, so that ranks differ from linear to linear.</summary>
    /// <param name="folder">Made where it is not there.</param>
    /// <param name="adapters">At least one.</param>
    public static void Write(string folder, IReadOnlyList<LoraAdapter> adapters)
    {
        Directory.CreateDirectory(folder);
        int rank = adapters.Max(adapter => adapter.ActiveRank);
        float scale = adapters[0].Scale;
        PeftConfig config = new()
        {
            PeftType = "LORA",
            TaskType = "CAUSAL_LM",
            Rank = rank,
            Alpha = scale * rank,
            Bias = "none",
            InferenceMode = true,
            TargetModules = [.. adapters.Select(adapter => ModuleOf(adapter.Name).Split('.')[^1]).Distinct()],
            RankPattern = adapters.Where(adapter => adapter.ActiveRank != rank).ToDictionary(adapter => ModuleOf(adapter.Name), adapter => adapter.ActiveRank),
            AlphaPattern = adapters.Where(adapter => adapter.ActiveRank != rank || adapter.Scale != scale)
                .ToDictionary(adapter => ModuleOf(adapter.Name), adapter => (double)adapter.Scale * adapter.ActiveRank),
            IsMasked = adapters.Any(adapter => adapter.Mask is not null),
        };
        DurableFile.Write(Path.Combine(folder, WeightsName), stream => SafetensorsWriter.Write(stream, [.. adapters.SelectMany(Tensors)]));
        DurableFile.Write(Path.Combine(folder, ConfigName), stream => JsonSerializer.Serialize(stream, config, AdaptJson.Default.PeftConfig));
    }

    /// <summary>Reads adapters.</summary>
    /// <exception cref="CheckpointException">They are not LoRA's, or not for linears, or damaged.</exception>
    public static PeftAdapter Read(string folder)
    {
        string file = Path.Combine(folder, ConfigName);
        PeftConfig config = ReadConfig(file);
        string weights = Path.Combine(folder, WeightsName);
        using SafetensorsReader reader = SafetensorsReader.Open(weights);
        Dictionary<string, SafetensorsEntry> entries = reader.Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        List<LoraAdapter> adapters = [];
        foreach (SafetensorsEntry entry in reader.Entries)
        {
            const string End = ".lora_A.weight";
            if (!entry.Name.StartsWith(Prefix, StringComparison.Ordinal) || !(entry.Name.EndsWith(End, StringComparison.Ordinal) || entry.Name.EndsWith(".lora_B.weight", StringComparison.Ordinal)))
            {
                throw new CheckpointException(weights, "only LoRA's two factors of linears are read", tensor: entry.Name);
            }

            if (entry.Name.EndsWith(End, StringComparison.Ordinal))
            {
                adapters.Add(ReadAdapter(reader, weights, config, entry, entries));
            }
        }

        if (adapters.Count == 0 || adapters.Count * 2 != entries.Count)
        {
            throw new CheckpointException(weights, "an adapter has an A and a B for each linear", expected: $"{2 * adapters.Count} tensors", found: $"{entries.Count}");
        }

        return new PeftAdapter(adapters, config.IsMasked);
    }

    private static PeftConfig ReadConfig(string file)
    {
        PeftConfig config;
        try
        {
            config = JsonSerializer.Deserialize(File.ReadAllBytes(file), AdaptJson.Default.PeftConfig) ?? throw new JsonException("it is null");
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(file, $"the adapter's settings cannot be read: {error.Message}", inner: error);
        }

        if (config.PeftType != "LORA")
        {
            throw new CheckpointException(file, "only LoRA adapters are read", field: "peft_type", expected: "LORA", found: config.PeftType ?? "nothing");
        }

        if (config.IsTransposed || config.Bias is not (null or "none"))
        {
            throw new CheckpointException(file, "transposed weights and biases of an adapter are not read", field: config.IsTransposed ? "fan_in_fan_out" : "bias");
        }

        return config;
    }

    private static LoraAdapter ReadAdapter(
        SafetensorsReader reader, string file, PeftConfig config, SafetensorsEntry a, Dictionary<string, SafetensorsEntry> entries)
    {
        string module = a.Name[Prefix.Length..^".lora_A.weight".Length];
        if (!entries.TryGetValue($"{Prefix}{module}.lora_B.weight", out SafetensorsEntry? b))
        {
            throw new CheckpointException(file, "the factor A has no B beside it", tensor: a.Name);
        }

        if (a.Shape.Length != 2 || b.Shape.Length != 2 || a.Shape[0] != b.Shape[1] || a.Shape[0] < 1)
        {
            throw new CheckpointException(
                file, "the factors do not fit each other", tensor: b.Name, expected: $"[outputs, {a.Shape[0]}]", found: $"[{string.Join(", ", b.Shape)}]");
        }

        int rank = checked((int)a.Shape[0]);
        int wanted = config.RankPattern?.GetValueOrDefault(module, config.Rank) ?? config.Rank;
        if (wanted != rank)
        {
            throw new CheckpointException(file, "the rank is not the one of the settings", tensor: a.Name, expected: $"{wanted}", found: $"{rank}");
        }

        double alpha = config.AlphaPattern?.GetValueOrDefault(module, config.Alpha) ?? config.Alpha;
        float scale = config.UsesRootOfRank ? AdapterRanks.RoraScale(alpha, rank) : AdapterRanks.LoraScale(alpha, rank);
        LoraAdapter adapter = new($"{module}.weight", checked((int)b.Shape[0]), checked((int)a.Shape[1]), rank, scale);
        ReadTensor(reader, file, a, adapter.A);
        ReadTensor(reader, file, b, adapter.B);
        return adapter;
    }

    private static void ReadTensor(SafetensorsReader reader, string file, SafetensorsEntry entry, float[] values)
    {
        ReadOnlySpan<byte> bytes = reader.File.Slice(entry.Offset, checked((int)entry.Bytes));
        switch (entry.Type)
        {
            case "F32":
                bytes.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
                break;
            case "F16":
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = (float)BitConverter.ToHalf(bytes[(2 * i)..]);
                }

                break;
            case "BF16":
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes[(2 * i)..]) << 16);
                }

                break;
            default:
                throw new CheckpointException(file, "the type of an adapter's factor is not read", tensor: entry.Name, expected: "F32, F16 or BF16", found: entry.Type);
        }

        int wrong = Array.FindIndex(values, value => !float.IsFinite(value));
        if (wrong >= 0)
        {
            throw new CheckpointException(file, string.Create(CultureInfo.InvariantCulture, $"value {wrong} is not finite"), tensor: entry.Name);
        }
    }

    private static IEnumerable<TensorToWrite> Tensors(LoraAdapter adapter)
    {
        string module = Prefix + ModuleOf(adapter.Name);
        int rank = adapter.ActiveRank;
        yield return new TensorToWrite(
            $"{module}.lora_A.weight", [rank, adapter.Columns], "F32", adapter.Columns * sizeof(float),
            (row, stored) => MemoryMarshal.AsBytes(adapter.A.AsSpan(row * adapter.Columns, adapter.Columns)).CopyTo(stored));
        yield return new TensorToWrite(
            $"{module}.lora_B.weight", [adapter.Rows, rank], "F32", rank * sizeof(float),
            (row, stored) => MemoryMarshal.AsBytes(adapter.B.AsSpan(row * adapter.Rank, rank)).CopyTo(stored));
    }

    private static string ModuleOf(string tensor) => tensor[..^".weight".Length];
}
