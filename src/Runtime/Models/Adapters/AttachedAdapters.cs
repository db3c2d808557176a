using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Models.Adapters;

/// <summary>The adapters of a model, what they share while a step is computed, and each linear's part of them.</summary>
internal sealed class AttachedAdapters : IDisposable
{
    private readonly IReadOnlyList<ModelAdapter> _adapters;
    private readonly AdapterRows _rows = new();
    private readonly NativeBuffer _inner;

    /// <summary>Hands each linear of the blocks what the adapters add to it.</summary>
    /// <param name="adapters">At least one; owned from here on.</param>
    /// <param name="weights">The model's.</param>
    /// <param name="options">How it runs.</param>
    public AttachedAdapters(IReadOnlyList<ModelAdapter> adapters, DecoderWeights weights, DecoderOptions options)
    {
        _adapters = adapters;
        int stride = PanelShape.PadColumns(adapters.Max(adapter => adapter.Rank));
        _inner = new NativeBuffer((long)AdapterRows.GroupTokens * stride * sizeof(float));
        for (int layer = 0; layer < weights.Blocks.Count; layer++)
        {
            foreach ((string name, Linear linear) in weights.Blocks[layer].AdaptableLinears)
            {
                AdapterTerm?[] terms = [.. adapters.Select(adapter => adapter.Find($"model.layers.{layer}.{name}.weight"))];
                linear.Adapters = Array.TrueForAll(terms, term => term is null) ? null : new LinearAdapters(_rows, terms, _inner, stride, options);
            }
        }
    }

    /// <summary>The place of the adapter of that name, or <see cref="StepSequence.NoAdapter"/>.</summary>
    public int Find(string name)
    {
        for (int i = 0; i < _adapters.Count; i++)
        {
            if (_adapters[i].Name == name)
            {
                return i;
            }
        }

        return StepSequence.NoAdapter;
    }

    /// <summary>Takes up a step.</summary>
    public void Bind(StepBatch batch) => _rows.Bind(batch);

    /// <summary>The step has ended: rows of what comes next have no adapter.</summary>
    public void Clear() => _rows.Clear();

    public void Dispose()
    {
        foreach (ModelAdapter adapter in _adapters)
        {
            adapter.Dispose();
        }

        _inner.Dispose();
    }
}
