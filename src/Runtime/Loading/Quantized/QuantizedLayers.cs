namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>Recognises by its tensors how a linear layer is stored. A new format is one more reader and one line here.</summary>
/// <param name="folder">The folder, for messages.</param>
/// <param name="settings">Its settings.</param>
/// <param name="find">A stored tensor by name, or null.</param>
internal sealed class QuantizedLayers(string folder, QuantizationSettings settings, Func<string, StoredPart?> find)
{
    private static readonly string[] s_fourBit = ["nf4", "fp4"];

    // What layers bring beside their weights: shapes that follow from the others, names of formats, scales of activations that stay float here.
    private static readonly string[] s_notes = ["weight_shape", "shape", "weight_format", "input_scale"];

    /// <param name="name">Canonical name of the weight.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <returns>The weight, or null where no tensor of the layer is there.</returns>
    /// <exception cref="CheckpointException">Tensors are there, but do not make a layer.</exception>
    public TensorSource? Find(string name, int rows, int columns)
    {
        string module = name[..^".weight".Length];
        StoredPart? Part(string suffix) => find($"{module}.{suffix}");
        foreach (string note in s_notes)
        {
            // Looking it up is what keeps it from being counted as a tensor of the model.
            _ = Part(note);
        }

        StoredPart Need(string suffix) => Part(suffix) ?? throw Missing($"{module}.{suffix}");
        if (Part("correction_a") is { } factor)
        {
            TensorSource weight = (TensorSource?)FindAlone(name, rows, columns, Part, Need) ?? PlainTensor.Of(name, Need("weight"));
            return new CorrectedTensor(weight, factor, Need("correction_b"));
        }

        return FindAlone(name, rows, columns, Part, Need);
    }

    /// <summary>Whether a weight that stands for itself has factors beside it.</summary>
    public bool IsCorrected(string name) => find($"{name[..^".weight".Length]}.correction_a") is not null;

    private ModuleTensor? FindAlone(string name, int rows, int columns, Func<string, StoredPart?> part, Func<string, StoredPart> need)
    {
        if (part("sparse_codes") is { } sparse)
        {
            return new SparseCodesTensor(
                name, rows, columns, sparse, need("code_bits"), need("bitmask"), need("row_offsets"), need("weight_scale"), part("weight_zero_point"));
        }

        return (part("qweight"), part("weight_packed"), part("compressed"), part("weight")) switch
        {
            ({ } codes, _, _, _) when settings.Method == "awq" => new AwqTensor(name, rows, columns, settings, codes, need("qzeros"), need("scales")),
            ({ } codes, _, _, _) => new GptqTensor(name, rows, columns, settings, codes, need("qzeros"), need("scales"), part("g_idx")),
            (_, { } codes, _, _) when part("meta") is { } meta => new Marlin24Tensor(name, rows, columns, settings, codes, need("scale_packed"), meta),
            (_, { Entry.Type: "U8" } codes, _, _) => new Fp4Tensor(name, rows, columns, codes, need("weight_scale"), part("weight_global_scale")),
            (_, { } codes, _, _) => new PackedTensor(name, rows, columns, settings, codes, need("weight_scale"), part("weight_zero_point"), part("weight_g_idx")),
            (_, _, { } values, _) => new BitmaskTensor(name, rows, columns, values, need("bitmask"), part("row_offsets")),
            (_, _, _, { Entry.Type: "U8" } codes) => FourBit(name, rows, columns, codes),
            (_, _, _, { Entry.Type: "I8" } codes) when part("SCB") is { } largest => new RowScaledTensor(name, rows, columns, codes, largest),
            (_, _, _, { Entry.Type: "I8" } codes) => new Int8Tensor(name, rows, columns, codes, need("weight_scale"), part("weight_zero_point")),
            (_, _, _, { Entry.Type: "F8_E4M3" } codes) when part("weight_scale_inv") is { } scales => new Fp8Tensor(name, rows, columns, codes, scales, settings.Block),
            (_, _, _, { Entry.Type: "F8_E4M3" } codes) => new Fp8Tensor(name, rows, columns, codes, need("weight_scale"), block: null),
            _ => null,
        };
    }

    private FourBitTableTensor FourBit(string name, int rows, int columns, StoredPart codes)
    {
        foreach (string format in s_fourBit)
        {
            string state = $"{name}.quant_state.bitsandbytes__{format}";
            if (find(state) is { } found)
            {
                return new FourBitTableTensor(name, rows, columns, format, codes, suffix => find($"{name}.{suffix}") ?? throw Missing($"{name}.{suffix}"), found);
            }
        }

        throw Missing($"{name}.quant_state.bitsandbytes__nf4");
    }

    private CheckpointException Missing(string name) =>
        new(folder, "a tensor of a quantised layer is missing", tensor: name, expected: $"a {settings.Method} layer", found: "no such tensor");
}
