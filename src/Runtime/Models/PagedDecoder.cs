using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Tensors;

namespace Sparrow.Runtime.Models;

/// <summary>A decoder with its paged cache: what an engine steps. Owns both.</summary>
public sealed unsafe class PagedDecoder : IStepModel, IDisposable
{
    private readonly NativeBuffer _logits;

    public PagedDecoder(DecoderModel model, PagedKvCache cache)
    {
        Model = model;
        Cache = cache;
        _logits = new NativeBuffer((long)model.MaxLogitRows * model.Config.VocabularySize * sizeof(float));
    }

    public DecoderModel Model { get; }

    public PagedKvCache Cache { get; }

    public int VocabularySize => Model.Config.VocabularySize;

    public int BlockCount => Cache.BlockCount;

    public int OpenSlotCount => Cache.OpenSlotCount;

    public int MaxLogitRows => Model.MaxLogitRows;

    public int FindAdapter(string name) => Model.FindAdapter(name);

    public ReadOnlySpan<float> Forward(StepBatch batch)
    {
        Model.Forward(batch, Cache, (float*)_logits.Pointer);
        return _logits.AsSpan<float>()[..(batch.LogitCount * VocabularySize)];
    }

    public void CopyOpenSlot(int source, int destination, int tokenCount) => Cache.CopyOpenSlot(source, destination, tokenCount);

    public void Dispose()
    {
        Model.Dispose();
        Cache.Dispose();
        _logits.Dispose();
    }
}
