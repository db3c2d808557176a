using System.Runtime.InteropServices;
using System.Text.Json;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Peft;

namespace Sparrow.Compression.Adaptation;

/// <summary>Adapters beside a model, in the layout of PEFT: adapter_config.json and adapter_model.safetensors.</summary>
/// <param name="Adapters">By linear, masks left out.</param>
/// <param name="IsMasked">Whether products count only where the base weights are not pruned.</param>
public sealed record PeftAdapter(IReadOnlyList<LoraAdapter> Adapters, bool IsMasked)
{
    /// <summary>Where an artifact keeps its own.</summary>
    public const string FolderName = "adapter";

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
        DurableFile.Write(Path.Combine(folder, PeftFolder.WeightsName), stream => SafetensorsWriter.Write(stream, [.. adapters.SelectMany(Tensors)]));
        DurableFile.Write(Path.Combine(folder, PeftSettings.FileName), stream => JsonSerializer.Serialize(stream, config, AdaptJson.Default.PeftConfig));
    }

    /// <summary>Reads adapters.</summary>
    /// <exception cref="CheckpointException">They are not LoRA's, or not for linears, or damaged.</exception>
    public static PeftAdapter Read(string folder)
    {
        PeftFolder read = PeftFolder.Read(folder);
        return new PeftAdapter([.. read.Factors.Select(AdapterOf)], read.Settings.IsMasked);
    }

    private static LoraAdapter AdapterOf(PeftFactors factors)
    {
        LoraAdapter adapter = new($"{factors.Module}.weight", factors.Rows, factors.Columns, factors.Rank, factors.Scale);
        factors.A.CopyTo(adapter.A, 0);
        factors.B.CopyTo(adapter.B, 0);
        return adapter;
    }

    private static IEnumerable<TensorToWrite> Tensors(LoraAdapter adapter)
    {
        string module = PeftFactors.Prefix + ModuleOf(adapter.Name);
        int rank = adapter.ActiveRank;
        yield return new TensorToWrite(
            module + PeftFactors.EndOfA, [rank, adapter.Columns], "F32", adapter.Columns * sizeof(float),
            (row, stored) => MemoryMarshal.AsBytes(adapter.A.AsSpan(row * adapter.Columns, adapter.Columns)).CopyTo(stored));
        yield return new TensorToWrite(
            module + PeftFactors.EndOfB, [adapter.Rows, rank], "F32", rank * sizeof(float),
            (row, stored) => MemoryMarshal.AsBytes(adapter.B.AsSpan(row * adapter.Rank, rank)).CopyTo(stored));
    }

    private static string ModuleOf(string tensor) => tensor[..^".weight".Length];
}
