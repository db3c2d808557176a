using System.Diagnostics;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>
/// Causal attention with grouped heads: softmax(q K / √d) V for every token of a step, over the blocks that the view shows.
/// </summary>
/// <remarks>
/// 1. The step's keys and values are stored, each sequence and head by itself.
/// 2. Queries are cut into slices of one sequence, one head of keys and values, and some tokens of one block of 32; slices share nothing, so they
///    are handed out to the cores.
/// 3. A slice goes through its blocks in ascending order, all its queries (tokens × heads of the group) together, with a running softmax (Milakov
///    and Gimelshein, 2018; FlashAttention). Each query's arithmetic depends on its position only: neither on the slice nor on the step's other
///    tokens.
/// </remarks>
internal sealed unsafe class Attention : IParallelWork, IDisposable
{
    // Queries of a slice: enough that a block's keys are read from memory once for many, few enough that queries and sums stay in the nearest cache.
    private const int MaxSliceRows = 128;

    private readonly ModelConfig _config;
    private readonly KernelSet _kernels;
    private readonly WorkerPool _pool;
    private readonly AppendWork _append;
    private readonly NativeBuffer[] _scratch;
    private readonly int _group;
    private readonly int _sliceTokens;
    private readonly int _paddedHead;
    private readonly int[] _itemEnds;
    private readonly float _scale;

    // The call in progress.
    private AttentionView _view = null!;
    private int _layer;
    private float _layerScale;
    private int _window;
    private ActivationBuffer _queries = null!;
    private ActivationBuffer _output = null!;

    public Attention(ModelConfig config, int maxSequences, KernelSet kernels, WorkerPool pool)
    {
        _config = config;
        _kernels = kernels;
        _pool = pool;
        _group = config.HeadCount / config.KvHeadCount;
        _paddedHead = KvLayout.PadHead(config.HeadSize);
        _scale = config.AttentionScale ?? (1 / MathF.Sqrt(config.HeadSize));
        _itemEnds = new int[maxSequences];
        _append = new AppendWork(config);
        _sliceTokens = KvLayout.BlockTokens;
        while (_sliceTokens > 1 && _sliceTokens * _group > MaxSliceRows)
        {
            _sliceTokens /= 2;
        }

        _scratch = new NativeBuffer[pool.WorkerCount];
        for (int i = 0; i < _scratch.Length; i++)
        {
            _scratch[i] = new NativeBuffer(sizeof(float) * SliceScratch.Floats(SliceRows, config.HeadSize));
        }
    }

    private int SliceRows => _sliceTokens * _group;

    /// <summary>Stores keys and values and attends.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="window">Keys visible to a query, itself included; null: all.</param>
    /// <param name="view">Whose tokens these are and where keys and values lie.</param>
    /// <param name="queries">Rotated queries, heads one after the other.</param>
    /// <param name="keys">Rotated keys.</param>
    /// <param name="values">Values.</param>
    /// <param name="output">The heads' results, one after the other.</param>
    /// <param name="lane">Whose turn at the pool.</param>
    public void Forward(
        int layer, int? window, AttentionView view,
        ActivationBuffer queries, ActivationBuffer keys, ActivationBuffer values, ActivationBuffer output, WorkerLane lane)
    {
        Debug.Assert(view.Sequences.Length <= _itemEnds.Length, "The step has no more sequences than planned for.");
        _append.Bind(layer, view, keys, values);
        _pool.Run(_append, view.Sequences.Length * _config.KvHeadCount, 1, lane);

        _layer = layer;
        _layerScale = _config.AttentionScaleByLayer ? _scale / (layer + 1) : _scale;
        _window = window ?? int.MaxValue;
        _view = view;
        _queries = queries;
        _output = output;
        int items = 0;
        for (int i = 0; i < view.Sequences.Length; i++)
        {
            items += SliceCount(view.Sequences[i]) * _config.KvHeadCount;
            _itemEnds[i] = items;
        }

        _pool.Run(this, items, 1, lane);
        output.MarkWritten();
    }

    void IParallelWork.Execute(int start, int end, int worker)
    {
        for (int item = start; item < end; item++)
        {
            int sequence = 0;
            while (_itemEnds[sequence] <= item)
            {
                sequence++;
            }

            int inSequence = item - (sequence == 0 ? 0 : _itemEnds[sequence - 1]);
            StepSequence step = _view.Sequences[sequence];
            int slice = (step.StartPosition / _sliceTokens) + (inSequence / _config.KvHeadCount);
            int first = Math.Max(step.StartPosition, slice * _sliceTokens);
            int last = Math.Min(step.StartPosition + step.TokenCount, (slice + 1) * _sliceTokens);
            Attend(sequence, inSequence % _config.KvHeadCount, first, last - first, worker);
        }
    }

    public void Dispose()
    {
        foreach (NativeBuffer buffer in _scratch)
        {
            buffer.Dispose();
        }
    }

    private int SliceCount(in StepSequence step) => step.TokenCount == 0
        ? 0
        : ((step.StartPosition + step.TokenCount - 1) / _sliceTokens) - (step.StartPosition / _sliceTokens) + 1;

    private void Attend(int sequence, int kvHead, int position, int tokenCount, int worker)
    {
        int headSize = _config.HeadSize;
        int rows = tokenCount * _group;
        SliceScratch scratch = new((float*)_scratch[worker].Pointer, SliceRows, headSize);
        int firstToken = _view.Sequences[sequence].FirstToken + position - _view.Sequences[sequence].StartPosition;
        LoadQueries(scratch, firstToken, kvHead, tokenCount);

        QueryRows queries = new(scratch.Queries, rows, scratch.Words, scratch.WordScales, scratch.QuerySums);
        int queryBlock = position / KvLayout.BlockTokens;
        int firstBlock = FirstVisible(position) / KvLayout.BlockTokens;
        if (firstBlock < queryBlock)
        {
            _view.Read(_layer, sequence, kvHead, firstBlock, queryBlock).KeyCodec.Prepare(queries, headSize);
        }

        bool sawAll = false;
        for (int block = firstBlock; block <= queryBlock; block++)
        {
            KvHeadBlock head = _view.Read(_layer, sequence, kvHead, block, queryBlock);
            if (block < queryBlock)
            {
                // A sequence's blocks lie far apart, where the processor does not read ahead by itself.
                KvHeadBlock next = _view.Read(_layer, sequence, kvHead, block + 1, queryBlock);
                CacheHints.Prefetch(next.Keys, next.KeyCodec.KeyBytes(headSize));
                CacheHints.Prefetch(next.Values, next.ValueCodec.ValueBytes(headSize));
            }

            head.KeyCodec.KeyScores(queries, head.Keys, headSize, scratch.Scores);
            if (_config.AttentionSoftCap is { } cap)
            {
                _kernels.SoftCap(scratch.Scores, cap, rows * KvLayout.BlockTokens);
            }

            // From one block of which all is seen to the next nothing changes.
            int blockStart = block * KvLayout.BlockTokens;
            bool seesAll = block < queryBlock && FirstVisible(position + tokenCount - 1) <= blockStart;
            if (!seesAll || !sawAll)
            {
                SetVisible(scratch, rows, position, blockStart);
            }

            sawAll = seesAll;
            _kernels.SoftmaxBlock(scratch.Scores, rows, scratch.Firsts, scratch.Ends, scratch.Maxima, scratch.Sums, scratch.Corrections);

            int visibleFrom = Math.Max(0, FirstVisible(position) - blockStart);
            int visibleTo = Math.Min(KvLayout.BlockTokens, position + tokenCount - blockStart);
            head.ValueCodec.ValueSum(scratch.Scores, rows, head.Values, visibleFrom, visibleTo, headSize, scratch.Corrections, scratch.Results);
        }

        StoreResults(scratch, firstToken, kvHead, tokenCount);
    }

    // Which of a block's tokens each query sees.
    private void SetVisible(in SliceScratch scratch, int rows, int position, int blockStart)
    {
        for (int row = 0; row < rows; row++)
        {
            int queryPosition = position + (row / _group);
            scratch.Firsts[row] = Math.Max(0, FirstVisible(queryPosition) - blockStart);
            scratch.Ends[row] = Math.Min(KvLayout.BlockTokens, queryPosition + 1 - blockStart);
        }
    }

    private int FirstVisible(int position) => Math.Max(0, position - _window + 1);

    private void LoadQueries(in SliceScratch scratch, int firstToken, int kvHead, int tokenCount)
    {
        int headSize = _config.HeadSize;
        int count = _group * headSize;
        for (int token = 0; token < tokenCount; token++)
        {
            float* source = _queries.Row(firstToken + token) + ((long)kvHead * count);
            float* target = scratch.Queries + ((long)token * count);
            for (int i = 0; i < count; i++)
            {
                target[i] = source[i] * _layerScale;
            }
        }

        int rows = tokenCount * _group;
        new Span<float>(scratch.Maxima, rows).Fill(float.NegativeInfinity);
        new Span<float>(scratch.Sums, rows).Clear();
        new Span<float>(scratch.Results, rows * _paddedHead).Clear();
    }

    private void StoreResults(in SliceScratch scratch, int firstToken, int kvHead, int tokenCount)
    {
        int headSize = _config.HeadSize;
        for (int row = 0; row < tokenCount * _group; row++)
        {
            float* target = _output.Row(firstToken + (row / _group)) + ((((long)kvHead * _group) + (row % _group)) * headSize);
            float* source = scratch.Results + ((long)row * _paddedHead);
            float scale = 1 / scratch.Sums[row];
            for (int i = 0; i < headSize; i++)
            {
                target[i] = source[i] * scale;
            }
        }
    }

    /// <summary>A worker's memory for one slice.</summary>
    private readonly struct SliceScratch(float* start, int rows, int headSize)
    {
        /// <summary><c>[rows][headSize]</c>, scaled.</summary>
        public readonly float* Queries = start;

        /// <summary><c>[rows][paddedHeadSize]</c>.</summary>
        public readonly float* Results = start + (rows * KvLayout.PadHead(headSize));

        /// <summary><c>[rows][32]</c>.</summary>
        public readonly float* Scores = start + (2 * rows * KvLayout.PadHead(headSize));

        private readonly float* _rowValues = start + (rows * ((2 * KvLayout.PadHead(headSize)) + KvLayout.BlockTokens));

        public float* Maxima => _rowValues;

        public float* Sums => _rowValues + rows;

        public float* Corrections => _rowValues + (2 * rows);

        public int* Firsts => (int*)(_rowValues + (3 * rows));

        public int* Ends => (int*)(_rowValues + (4 * rows));

        public float* WordScales => _rowValues + (5 * rows);

        public float* QuerySums => _rowValues + (6 * rows);

        /// <summary>The queries as integers.</summary>
        public short* Words => (short*)(_rowValues + (7 * rows));

        public static long Floats(int rows, int headSize) =>
            (long)rows * ((2 * KvLayout.PadHead(headSize)) + KvLayout.BlockTokens + 7 + (QueryRows.WordStride(headSize) / 2));
    }

    /// <summary>Stores the step's keys and values: an item is one head of one sequence.</summary>
    private sealed class AppendWork(ModelConfig config) : IParallelWork
    {
        private int _layer;
        private AttentionView _view = null!;
        private ActivationBuffer _keys = null!;
        private ActivationBuffer _values = null!;

        public void Bind(int layer, AttentionView view, ActivationBuffer keys, ActivationBuffer values)
        {
            _layer = layer;
            _view = view;
            _keys = keys;
            _values = values;
        }

        public void Execute(int start, int end, int worker)
        {
            for (int item = start; item < end; item++)
            {
                int sequence = item / config.KvHeadCount;
                int kvHead = item % config.KvHeadCount;
                int token = _view.Sequences[sequence].FirstToken;
                int offset = kvHead * config.HeadSize;
                _view.Append(_layer, sequence, kvHead, _keys.Row(token) + offset, _values.Row(token) + offset, _keys.Stride);
            }
        }
    }
}
