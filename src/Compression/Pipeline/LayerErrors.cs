using Sparrow.Compression.Steps;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Pipeline;

/// <summary>
/// Whether the errors of layers' outputs are measured. They come from the Gram matrices of the inputs, so exact over all calibration tokens, and are had
/// for methods that ask for none as well, where there are calibration tokens and the matrices stay small.
/// </summary>
internal static class LayerErrors
{
    // Methods without Hessians are chosen for models whose Hessians are too large.
    private const long MostBytes = 1L << 30;

    /// <summary>What is gathered for steps that need so much.</summary>
    public static StatisticsNeed Need(StatisticsNeed steps, IReadOnlyList<int[]> segments, ModelConfig config) =>
        segments.Count > 0 ? Gathered(steps, config) : steps;

    /// <summary>What is gathered of calibration tokens for steps that need so much.</summary>
    public static StatisticsNeed Gathered(StatisticsNeed steps, ModelConfig config) => GramBytes(config) <= MostBytes ? StatisticsNeed.Gram : steps;

    /// <summary>What the errors in a report were taken over, or why there are none.</summary>
    public static string Describe(StatisticsNeed steps, IReadOnlyList<int[]> segments, ModelConfig config) =>
        segments.Count == 0 ? "not measured: the recipe has no calibration"
        : Need(steps, segments, config) == StatisticsNeed.Gram
            ? FormattableString.Invariant($"over {segments.Sum(segment => (long)segment.Length)} calibration tokens, which the compressed blocks before have passed on; tables have none")
            : FormattableString.Invariant($"not measured: no step needs Gram matrices, and those of a block would take {GramBytes(config) >> 20} MiB, more than {MostBytes >> 20}");

    private static long GramBytes(ModelConfig config) => Enumerable.Range(0, config.LayerCount).Select(layer => BlockTensors.Linears(config, layer)
        .Select(linear => (Input: BlockTensors.InputOf(linear.Name[$"model.layers.{layer}.".Length..]), linear.Columns))
        .Where(linear => linear.Input is not null)
        .Distinct()
        .Sum(linear => (long)linear.Columns * linear.Columns * sizeof(double))).DefaultIfEmpty().Max();
}
