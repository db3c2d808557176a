using System.Runtime.InteropServices;
using Sparrow.Compression.Allocation;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;

namespace Sparrow.Compression.Steps.Allocations;

/// <summary>Weights of every linear at every level, a file each, deleted in the end: EvoPress compares hundreds of models made of them.</summary>
internal sealed class LevelDatabase : IDisposable
{
    private readonly string _folder;

    public LevelDatabase(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
    }

    /// <summary>Prunes each linear to all of its levels with the dense model's statistics.</summary>
    public void Build(
        ModelContext model, SparsityLevels levels, EvoPressUnit[] units, (int Layer, string Name, int Rows, int Columns)[] linears, PruneStep step)
    {
        Dictionary<string, EvoPressUnit> unitOf = linears.Select((linear, i) => (linear.Name, Unit: units[i]))
            .ToDictionary(pair => pair.Name, pair => pair.Unit, StringComparer.Ordinal);
        model.ForEachBlock(step.Needs, block =>
        {
            HessianOfInput hessians = step.NewHessians(block);
            foreach (LinearState linear in block.Linears)
            {
                EvoPressUnit unit = unitOf[linear.Name];
                for (int level = unit.Lowest; level <= unit.Highest; level++)
                {
                    model.Cancellation.ThrowIfCancellationRequested();
                    PruneTarget target = PruneTarget.Unstructured(levels.At(level, (long)linear.Rows * linear.Columns));
                    PrunedLinear pruned = step.Prune(block, linear, target, hessians);
                    float[] values = pruned.Values ?? [.. linear.Values];
                    pruned.Mask.Apply(values);
                    File.WriteAllBytes(PathOf(linear.Name, level), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
                }
            }
        });
    }

    /// <summary>The weights of a linear at a level.</summary>
    public float[] Read(string name, int level)
    {
        using FileStream file = File.OpenRead(PathOf(name, level));
        float[] values = new float[file.Length / sizeof(float)];
        file.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string PathOf(string name, int level) => Path.Combine(_folder, $"{name}.{level}");
}
