using Sparrow.Compression.Calibration;

namespace Sparrow.Compression.Pipeline;

/// <summary>An input of a block that one or several linears read, and what calibration saw of it.</summary>
public sealed class BlockInput
{
    internal BlockInput(string name, int columns)
    {
        Name = name;
        Columns = columns;
    }

    /// <summary><c>attention</c>, <c>attention_output</c>, <c>mlp</c> or <c>down</c>; of an expert <c>expert_7.mlp</c> or <c>expert_7.down</c>.</summary>
    public string Name { get; }

    /// <summary>Channels.</summary>
    public int Columns { get; }

    /// <summary>Gathered from the block as it was before any step; null where no step asked.</summary>
    public LayerStatistics? Statistics { get; internal set; }

    /// <summary>Some tokens of the calibration, evenly spread, [tokens, columns]; empty where no step asked.</summary>
    public ReadOnlyMemory<float> Samples { get; internal set; }
}
