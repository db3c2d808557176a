using Sparrow.Compression.Pruning;
using Sparrow.Compression.Quantization;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Adaptation;

/// <summary>A linear under adaptation: its adapter, whose mask is the linear's, and its base weights where they are no longer the source's.</summary>
/// <param name="name">The tensor.</param>
/// <param name="rows">Outputs.</param>
/// <param name="columns">Inputs.</param>
/// <param name="adapter">Its adapter.</param>
internal sealed class AdaptedLinear(string name, int rows, int columns, LoraAdapter adapter)
{
    public string Name => name;

    public int Rows => rows;

    public int Columns => columns;

    public LoraAdapter Adapter => adapter;

    /// <summary>Kept weights; null: all.</summary>
    public PruneMask? Mask
    {
        get => adapter.Mask;
        set => adapter.Mask = value;
    }

    /// <summary>Base weights in place of the source's; null: the source's.</summary>
    public float[]? Base { get; set; }

    /// <summary>What the adapter is trained on top of: the base weights under the mask, rounded where they are to be.</summary>
    /// <param name="source">The source's weights, which become those of the result.</param>
    /// <param name="quantization">Null: they stay floats.</param>
    /// <param name="pool">Threads.</param>
    public float[] Frozen(float[] source, QuantizationScheme? quantization, WorkerPool? pool)
    {
        float[] weights = Base is null ? source : [.. Base];
        Mask?.Apply(weights);
        if (quantization is not null)
        {
            weights = RoundToNearest.Quantize(weights, rows, columns, quantization, Mask, pool).Dequantize();
            Mask?.Apply(weights);
        }

        return weights;
    }
}
