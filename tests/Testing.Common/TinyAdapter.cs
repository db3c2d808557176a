using System.Runtime.InteropServices;
using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Peft;

namespace Sparrow.Testing;

/// <summary>Adapters of random factors in PEFT's layout, large enough to change what a tiny model answers. Equal arguments give equal bytes.</summary>
public static class TinyAdapter
{
    /// <summary>Writes an adapter for all linears of a model's blocks, or some.</summary>
    /// <param name="folder">Made where it is not there.</param>
    /// <param name="model">A checkpoint.</param>
    /// <param name="seed">Of the factors.</param>
    /// <param name="rank">Of every linear.</param>
    /// <param name="includes">Which linears, by their names; null: all.</param>
    /// <param name="masked">Whether it counts only where the model's weights are not zero.</param>
    /// <returns>The folder.</returns>
    public static string Write(string folder, string model, ulong seed = 1, int rank = 4, Func<string, bool>? includes = null, bool masked = false)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model);
        return Write(
            folder,
            [
                .. ExpectedTensors.Of(checkpoint.Config)
                    .Where(tensor => tensor.Shape.Length == 2 && tensor.Name.Contains("_proj.", StringComparison.Ordinal) && (includes?.Invoke(tensor.Name) ?? true))
                    .Select(tensor => (tensor.Name[..^".weight".Length], (int)tensor.Shape[0], (int)tensor.Shape[1])),
            ],
            seed,
            rank,
            masked);
    }

    /// <summary>Writes an adapter for linears of any names and shapes.</summary>
    public static string Write(string folder, IReadOnlyList<(string Module, int Rows, int Columns)> linears, ulong seed = 1, int rank = 4, bool masked = false)
    {
        Directory.CreateDirectory(folder);
        SeededNormal random = new(seed);
        List<TensorToWrite> tensors = [];
        foreach ((string module, int rows, int columns) in linears)
        {
            tensors.Add(Tensor(PeftFactors.Prefix + module + PeftFactors.EndOfA, rank, columns, 1 / MathF.Sqrt(columns), ref random));
            tensors.Add(Tensor(PeftFactors.Prefix + module + PeftFactors.EndOfB, rows, rank, 0.4f / MathF.Sqrt(rank), ref random));
        }

        using (FileStream stream = File.Create(Path.Combine(folder, PeftFolder.WeightsName)))
        {
            SafetensorsWriter.Write(stream, tensors);
        }

        File.WriteAllText(Path.Combine(folder, PeftSettings.FileName), JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["peft_type"] = "LORA",
            ["r"] = rank,
            ["lora_alpha"] = 2 * rank,
            ["bias"] = "none",
            ["sparrow_masked"] = masked,
            ["target_modules"] = linears.Select(linear => linear.Module.Split('.')[^1]).Distinct(),
        }));
        return folder;
    }

    private static TensorToWrite Tensor(string name, int rows, int columns, float deviation, ref SeededNormal random)
    {
        float[] values = new float[rows * columns];
        foreach (ref float value in values.AsSpan())
        {
            value = deviation * random.Next();
        }

        return new TensorToWrite(
            name, [rows, columns], "F32", columns * sizeof(float), (row, stored) => MemoryMarshal.AsBytes(values.AsSpan(row * columns, columns)).CopyTo(stored));
    }
}
