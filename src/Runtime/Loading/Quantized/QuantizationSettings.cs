
namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>How the linear layers of a folder are quantised, from <c>quantization_config</c> in config.json or from quantize_config.json.</summary>
internal sealed record QuantizationSettings
{
    public const string Supported = "one of gptq, awq, compressed-tensors, bitsandbytes, fp8, sparrow";

    /// <summary>The methods as config.json names them.</summary>
    private static readonly string[] s_methods = ["gptq", "awq", "compressed-tensors", "bitsandbytes", "fp8", "sparrow"];

    public required string Method { get; init; }

    /// <summary>Bits of a code; of compressed-tensors, those of each group of layers.</summary>
    public IReadOnlyList<int> Bits { get; init; } = [4];

    /// <summary>Inputs that share a scale; -1: all.</summary>
    public int GroupSize { get; init; } = -1;

    /// <summary>GPTQ: zero points are stored as they are, not less one.</summary>
    public bool PlainZeroPoints { get; init; }

    /// <summary>Rows and columns that share a scale, of block-wise fp8.</summary>
    public (int Rows, int Columns) Block { get; init; } = (128, 128);

    /// <summary>
    /// Whether tensors stand under the program's own names, each linear by itself with its outputs as rows, whatever the family's files do: how our
    /// artifacts hold families that fuse, transpose or reorder.
    /// </summary>
    public bool CanonicalTensors { get; init; }

    /// <summary>Format name of compressed-tensors, for messages.</summary>
    public string Format { get; init; } = "";

    /// <returns>The settings, or null for a model that is not quantised.</returns>
    /// <exception cref="CheckpointException">An unknown method, or a value out of range.</exception>
    public static QuantizationSettings? Read(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        ConfigSection? section = new ConfigSection(path, CheckpointJson.ReadObject(path)).FindSection("quantization_config");
        if (section is null)
        {
            // Older tools left config.json alone.
            string own = Path.Combine(folder, "quantize_config.json");
            if (!File.Exists(own))
            {
                return null;
            }

            section = new ConfigSection(own, CheckpointJson.ReadObject(own));
        }

        ConfigSection config = section.Value;
        string method = config.FindString("quant_method") ?? (config.Has("bits") ? "gptq" : throw config.Missing("quant_method", Supported));
        if (!s_methods.Contains(method, StringComparer.Ordinal))
        {
            throw config.Unsupported("quant_method", Supported, method);
        }

        return method == "sparrow" ? ReadSparrow(config) : method == "compressed-tensors" ? ReadCompressedTensors(config) : new QuantizationSettings
        {
            Method = method,
            Bits = [config.FindInteger("bits", 2, 8) ?? 4],
            GroupSize = config.FindInteger("group_size", -1) ?? -1,
            PlainZeroPoints = (config.FindString("checkpoint_format") ?? config.FindString("format")) == "gptq_v2",
            Block = ReadBlock(config),
        };
    }

    private static (int Rows, int Columns) ReadBlock(ConfigSection config) => config.FindIntegers("weight_block_size", 1, 1 << 16) switch
    {
        [] => (128, 128),
        [int rows, int columns] => (rows, columns),
        { } other => throw config.Unsupported("weight_block_size", "two numbers", $"{other.Length}"),
    };

    private static QuantizationSettings ReadSparrow(ConfigSection config)
    {
        int version = config.GetInteger("version", 1);
        if (version != 1)
        {
            throw config.Unsupported("version", "1", $"{version}");
        }

        string form = config.FindString("tensors") ?? "family";
        return form is "family" or "canonical"
            ? new QuantizationSettings { Method = "sparrow", Bits = config.FindIntegers("bits", 2, 8), CanonicalTensors = form == "canonical" }
            : throw config.Unsupported("tensors", "family or canonical", form);
    }

    private static QuantizationSettings ReadCompressedTensors(ConfigSection config)
    {
        string format = config.FindString("format") ?? config.FindSection("sparsity_config")?.FindString("format") ?? "dense";
        List<int> bits = [];
        foreach (ConfigSection group in config.FindSection("config_groups")?.Sections() ?? [])
        {
            if (group.FindSection("weights") is { } weights)
            {
                bits.Add(weights.GetInteger("num_bits", 2, 16));
            }
        }

        return new QuantizationSettings { Method = "compressed-tensors", Bits = bits, Format = format };
    }
}
