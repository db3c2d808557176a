using Sparrow.Runtime.Kernels;

namespace Sparrow.Server.Options;

/// <summary>How models are computed.</summary>
/// <param name="Activations"><c>auto</c>, <c>float</c> or <c>int8</c>.</param>
/// <param name="Kernels">Name of a kernel set, or <c>auto</c>.</param>
/// <param name="Threads">Compute threads of the process; null: one a core.</param>
/// <param name="BatchInvariant">Whether every output is independent of what else is in the batch.</param>
/// <param name="ContextLength">Longest sequence; null: the model's.</param>
internal sealed record EngineSettings(string Activations, string Kernels, int? Threads, bool BatchInvariant, int? ContextLength)
{
    public static EngineSettings Read(SettingsReader reader)
    {
        string activations = reader.Choice("Engine:Activations", "auto", "auto", "float", "int8", "bf16");
        if (activations == "bf16")
        {
            reader.Refuse("Engine:Activations", "auto, float or int8 (bf16 products are not part of this release)", activations);
        }

        string kernels = reader.Choice("Engine:Kernels", "auto", ["auto", .. KernelSet.Names.Select(set => set.Name)]);
        if (kernels != "auto" && !KernelSet.Available.Any(set => set.Name == kernels))
        {
            string runnable = string.Join(", ", KernelSet.Available.Select(set => set.Name));
            reader.Refuse("Engine:Kernels", $"a kernel set this processor can run (auto, {runnable})", kernels);
        }

        string? threadText = reader.Text("Engine:Threads", "auto (one a core)", "auto, 1…1024");
        int? threads = null;
        if (threadText is not null && !string.Equals(threadText, "auto", StringComparison.OrdinalIgnoreCase))
        {
            if (int.TryParse(threadText, out int count) && count is >= 1 and <= 1024)
            {
                threads = count;
            }
            else
            {
                reader.Refuse("Engine:Threads", "auto or a whole number from 1 to 1024", threadText);
            }
        }

        return new EngineSettings(
            activations,
            kernels,
            threads,
            reader.Flag("Engine:BatchInvariant", false),
            reader.OptionalInteger("Engine:ContextLength", "the model's", 32, int.MaxValue));
    }
}
