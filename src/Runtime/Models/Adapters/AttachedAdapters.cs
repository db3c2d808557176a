using System.Diagnostics;
using System.Runtime.InteropServices;
using Sparrow.Runtime.Models.Layers;

namespace Sparrow.Runtime.Models.Adapters;

/// <summary>The adapters of a model, and which rows of the step at hand have one. Steps allocate nothing.</summary>
internal sealed class AttachedAdapters : IDisposable
{
    private readonly IReadOnlyList<ModelAdapter> _adapters;
    private readonly Dictionary<int, ActivationBuffer> _inner = [];
    private readonly List<AdapterRun> _runs;

    /// <summary>Hands each linear of the blocks what the adapters add to it.</summary>
    /// <param name="adapters">Owned from here on.</param>
    /// <param name="weights">The model's.</param>
    /// <param name="options">How it runs.</param>
    public AttachedAdapters(IReadOnlyList<ModelAdapter> adapters, DecoderWeights weights, DecoderOptions options)
    {
        _adapters = adapters;
        _runs = new List<AdapterRun>(options.MaxSequences);
        for (int layer = 0; layer < weights.Blocks.Count; layer++)
        {
            foreach ((string name, Linear linear) in weights.Blocks[layer].AdaptableLinears)
            {
                string tensor = $"model.layers.{layer}.{name}.weight";
                LowRankCorrection?[] corrections = [.. adapters.Select(adapter => adapter.Find(tensor) is { } factors
                    ? new LowRankCorrection(factors.A, factors.B, options.Kernels, options.Pool, InnerOf(factors.A.Rows))
                    : null)];
                linear.Adapters = Array.TrueForAll(corrections, correction => correction is null) ? null : new LinearAdapters(this, corrections);
            }
        }
    }

    /// <summary>Rows of the step that have an adapter.</summary>
    public ReadOnlySpan<AdapterRun> Runs => CollectionsMarshal.AsSpan(_runs);

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

    /// <summary>Takes up a step. Sequences that stand side by side with one adapter become one run.</summary>
    public void Bind(StepBatch batch)
    {
        _runs.Clear();
        foreach (StepSequence sequence in batch.Sequences)
        {
            if (sequence.Adapter == StepSequence.NoAdapter)
            {
                continue;
            }

            Debug.Assert((uint)sequence.Adapter < (uint)_adapters.Count, "The sequence names one of the model's adapters.");
            AdapterRun last = _runs.Count > 0 ? _runs[^1] : default;
            if (_runs.Count > 0 && last.Adapter == sequence.Adapter && last.FirstToken + last.TokenCount == sequence.FirstToken)
            {
                _runs[^1] = last with { TokenCount = last.TokenCount + sequence.TokenCount };
            }
            else
            {
                _runs.Add(new AdapterRun(sequence.Adapter, sequence.FirstToken, sequence.TokenCount));
            }
        }
    }

    /// <summary>The step has ended: rows of what comes next have no adapter.</summary>
    public void Clear() => _runs.Clear();

    public void Dispose()
    {
        foreach (ModelAdapter adapter in _adapters)
        {
            adapter.Dispose();
        }

        foreach (ActivationBuffer buffer in _inner.Values)
        {
            buffer.Dispose();
        }
    }

    // One buffer for each rank: columns behind the rank have to stay zero, which another rank would not leave them.
    private ActivationBuffer InnerOf(int rank)
    {
        if (!_inner.TryGetValue(rank, out ActivationBuffer? buffer))
        {
            _inner.Add(rank, buffer = new ActivationBuffer(LowRankCorrection.TokensAtOnce, rank));
        }

        return buffer;
    }
}
