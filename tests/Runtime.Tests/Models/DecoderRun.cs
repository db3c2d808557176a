using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Tests.Models;

/// <summary>Drives a loaded model by hand, as the engine does: hands out blocks and slots, feeds tokens in chunks, keeps the logits.</summary>
internal sealed class DecoderRun : IDisposable
{
    private readonly Stack<int> _freeBlocks;
    private readonly Stack<int> _freeSlots;

    public DecoderRun(string path, InferenceOptions options)
    {
        Loaded = ModelLoader.Load(path, options);
        Decoder = (PagedDecoder)Loaded.StepModel;
        _freeBlocks = new Stack<int>(Enumerable.Range(0, Decoder.BlockCount).Reverse());
        _freeSlots = new Stack<int>(Enumerable.Range(0, Decoder.OpenSlotCount).Reverse());
        Batch = new StepBatch(Decoder.Model.MaxTokens, Decoder.OpenSlotCount);
    }

    public LoadedModel Loaded { get; }

    public PagedDecoder Decoder { get; }

    public StepBatch Batch { get; }

    public int VocabularySize => Decoder.VocabularySize;

    public CachedSequence Start(int contextLength)
    {
        int[] table = new int[(contextLength + KvLayout.BlockTokens - 1) / KvLayout.BlockTokens];
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = _freeBlocks.Pop();
        }

        return new CachedSequence(table, _freeSlots.Pop());
    }

    public void End(CachedSequence sequence)
    {
        foreach (int block in sequence.BlockTable)
        {
            _freeBlocks.Push(block);
        }

        _freeSlots.Push(sequence.OpenSlot);
    }

    /// <summary>Feeds tokens in chunks and returns a row of logits for each of the last <paramref name="rows"/> tokens.</summary>
    public float[][] Feed(CachedSequence sequence, ReadOnlySpan<int> tokens, int chunk, int rows)
    {
        List<float[]> logits = [];
        for (int start = 0; start < tokens.Length;)
        {
            int count = Math.Min(chunk, tokens.Length - start);

            // No more rows a step than there is room for.
            int firstWanted = Math.Max(start, tokens.Length - rows);
            if (firstWanted < start + count)
            {
                count = Math.Min(count, firstWanted + Decoder.MaxLogitRows - start);
            }

            int wanted = Math.Max(0, start + count - firstWanted);
            Batch.Clear();
            Batch.Add(tokens.Slice(start, count), sequence.Length, sequence.BlockTable, sequence.OpenSlot, wanted);
            ReadOnlySpan<float> result = Decoder.Forward(Batch);
            for (int row = 0; row < wanted; row++)
            {
                logits.Add(result.Slice(row * VocabularySize, VocabularySize).ToArray());
            }

            sequence.Length += count;
            start += count;
        }

        return [.. logits];
    }

    /// <summary>A sequence alone, from its beginning: a row of logits for every token.</summary>
    public float[][] Score(ReadOnlySpan<int> tokens, int chunk)
    {
        CachedSequence sequence = Start(tokens.Length);
        try
        {
            return Feed(sequence, tokens, chunk, tokens.Length);
        }
        finally
        {
            End(sequence);
        }
    }

    public void Dispose() => Loaded.Dispose();
}

/// <summary>A sequence's place in the cache.</summary>
internal sealed class CachedSequence(int[] blockTable, int openSlot)
{
    public int[] BlockTable { get; } = blockTable;

    public int OpenSlot { get; } = openSlot;

    public int Length { get; set; }
}
