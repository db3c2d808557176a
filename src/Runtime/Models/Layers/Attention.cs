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
///    and Gimelshein, 2018; FlashAttention) that begins anew every 32 blocks; these ranges are then added in ascending order. So a long sequence's
///    ranges can be handed out as well, where slices are too few for the cores, without a change of a bit.
/// Each query's arithmetic depends on its position only: neither on the slice, nor on the step's other tokens, nor on the number of cores.
/// </remarks>
internal sealed unsafe partial class Attention : IParallelWork, IDisposable
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

        // One worker has nothing to share out.
        _units = new SliceUnit[pool.WorkerCount == 1 ? 0 : UnitsPerWorker * pool.WorkerCount];
        _partials = new NativeBuffer(_units.Length == 0 ? 0 : sizeof(float) * MaxPartials * PartialSums.Floats(SliceRows, _paddedHead));
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

        _unitCount = 0;
        if (items < _units.Length && PlanRanges() is > 0 and int ranges)
        {
            items = ranges;
        }

        _pool.Run(this, items, 1, lane);
        output.MarkWritten();
    }

    void IParallelWork.Execute(int start, int end, int worker)
    {
        for (int item = start; item < end; item++)
        {
            if (_unitCount > 0)
            {
                AttendRangeOfUnit(item, worker);
                continue;
            }

            int sequence = 0;
            while (_itemEnds[sequence] <= item)
            {
                sequence++;
            }

            int inSequence = item - (sequence == 0 ? 0 : _itemEnds[sequence - 1]);
            Attend(Slice(sequence, inSequence / _config.KvHeadCount, inSequence % _config.KvHeadCount), worker);
        }
    }

    public void Dispose()
    {
        foreach (NativeBuffer buffer in _scratch)
        {
            buffer.Dispose();
        }

        _partials.Dispose();
    }

    private int SliceCount(in StepSequence step) => step.TokenCount == 0
        ? 0
        : ((step.StartPosition + step.TokenCount - 1) / _sliceTokens) - (step.StartPosition / _sliceTokens) + 1;

    /// <summary>The queries of a sequence's slice that belong to one head of keys and values.</summary>
    /// <param name="sequence">Index in the step.</param>
    /// <param name="index">Slice, counted from the sequence's first of this step.</param>
    /// <param name="kvHead">Head.</param>
    private SliceUnit Slice(int sequence, int index, int kvHead)
    {
        StepSequence step = _view.Sequences[sequence];
        int slice = (step.StartPosition / _sliceTokens) + index;
        int first = Math.Max(step.StartPosition, slice * _sliceTokens);
        int last = Math.Min(step.StartPosition + step.TokenCount, (slice + 1) * _sliceTokens);
        return new SliceUnit(sequence, kvHead, first, last - first, FirstVisible(first) / RangeTokens, 0);
    }

    // One slice from beginning to end: range after range.
    private void Attend(in SliceUnit unit, int worker)
    {
        SliceScratch scratch = new((float*)_scratch[worker].Pointer, SliceRows, _config.HeadSize);
        LoadQueries(scratch, unit);
        int rows = unit.TokenCount * _group;
        PartialSums sums = scratch.Sums;
        PartialSums next = scratch.NextSums;
        AttendRange(unit, unit.FirstRange, scratch, sums);
        for (int range = unit.FirstRange + 1; range <= unit.Position / RangeTokens; range++)
        {
            AttendRange(unit, range, scratch, next);
            sums.Add(next, rows, _paddedHead);
        }

        StoreResults(sums, unit);
    }

    // A slice's queries over the blocks of one range, from nothing.
    private void AttendRange(in SliceUnit unit, int range, in SliceScratch scratch, in PartialSums sums)
    {
        int headSize = _config.HeadSize;
        int position = unit.Position;
        int rows = unit.TokenCount * _group;
        sums.Clear(rows, _paddedHead);
        QueryRows queries = new(scratch.Queries, rows, scratch.Words, scratch.WordScales, scratch.QuerySums);
        int queryBlock = position / KvLayout.BlockTokens;
        int firstBlock = Math.Max(FirstVisible(position) / KvLayout.BlockTokens, range * RangeBlocks);
        int lastBlock = Math.Min(queryBlock, ((range + 1) * RangeBlocks) - 1);
        if (firstBlock < queryBlock)
        {
            _view.Read(_layer, unit.Sequence, unit.KvHead, firstBlock, queryBlock).KeyCodec.Prepare(queries, headSize);
        }

        bool sawAll = false;
        for (int block = firstBlock; block <= lastBlock; block++)
        {
            KvHeadBlock head = _view.Read(_layer, unit.Sequence, unit.KvHead, block, queryBlock);
            if (block < queryBlock)
            {
                // A sequence's blocks lie far apart, where the processor does not read ahead by itself.
                KvHeadBlock next = _view.Read(_layer, unit.Sequence, unit.KvHead, block + 1, queryBlock);
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
            bool seesAll = block < queryBlock && FirstVisible(position + unit.TokenCount - 1) <= blockStart;
            if (!seesAll || !sawAll)
            {
                SetVisible(scratch, rows, position, blockStart);
            }

            sawAll = seesAll;
            _kernels.SoftmaxBlock(scratch.Scores, rows, scratch.Firsts, scratch.Ends, sums.Maxima, sums.Sums, scratch.Corrections);

            int visibleFrom = Math.Max(0, FirstVisible(position) - blockStart);
            int visibleTo = Math.Min(KvLayout.BlockTokens, position + unit.TokenCount - blockStart);
            head.ValueCodec.ValueSum(scratch.Scores, rows, head.Values, visibleFrom, visibleTo, headSize, scratch.Corrections, sums.Results);
        }
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

    private void LoadQueries(in SliceScratch scratch, in SliceUnit unit)
    {
        int count = _group * _config.HeadSize;
        int firstToken = FirstToken(unit);
        for (int token = 0; token < unit.TokenCount; token++)
        {
            float* source = _queries.Row(firstToken + token) + ((long)unit.KvHead * count);
            float* target = scratch.Queries + ((long)token * count);
            for (int i = 0; i < count; i++)
            {
                target[i] = source[i] * _layerScale;
            }
        }
    }

    private void StoreResults(in PartialSums sums, in SliceUnit unit)
    {
        int headSize = _config.HeadSize;
        int firstToken = FirstToken(unit);
        for (int row = 0; row < unit.TokenCount * _group; row++)
        {
            float* target = _output.Row(firstToken + (row / _group)) + ((((long)unit.KvHead * _group) + (row % _group)) * headSize);
            float* source = sums.Results + ((long)row * _paddedHead);
            float scale = 1 / sums.Sums[row];
            for (int i = 0; i < headSize; i++)
            {
                target[i] = source[i] * scale;
            }
        }
    }

    private int FirstToken(in SliceUnit unit)
    {
        StepSequence step = _view.Sequences[unit.Sequence];
        return step.FirstToken + unit.Position - step.StartPosition;
    }

    /// <summary>A worker's memory for one slice.</summary>
    private readonly struct SliceScratch(float* start, int rows, int headSize)
    {
        private readonly float* _afterSums = start + (2 * PartialSums.Floats(rows, KvLayout.PadHead(headSize)));

        public PartialSums Sums => new(start, rows, KvLayout.PadHead(headSize));

        public PartialSums NextSums => new(start + PartialSums.Floats(rows, KvLayout.PadHead(headSize)), rows, KvLayout.PadHead(headSize));

        /// <summary><c>[rows][headSize]</c>, scaled.</summary>
        public float* Queries => _afterSums;

        /// <summary><c>[rows][32]</c>.</summary>
        public float* Scores => _afterSums + (rows * KvLayout.PadHead(headSize));

        public float* Corrections => Scores + (rows * KvLayout.BlockTokens);

        public int* Firsts => (int*)(Corrections + rows);

        public int* Ends => (int*)(Corrections + (2 * rows));

        public float* WordScales => Corrections + (3 * rows);

        public float* QuerySums => Corrections + (4 * rows);

        /// <summary>The queries as integers.</summary>
        public short* Words => (short*)(Corrections + (5 * rows));

        public static long Floats(int rows, int headSize) =>
            (2 * PartialSums.Floats(rows, KvLayout.PadHead(headSize)))
            + ((long)rows * (KvLayout.PadHead(headSize) + KvLayout.BlockTokens + 5 + (QueryRows.WordStride(headSize) / 2)));
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
