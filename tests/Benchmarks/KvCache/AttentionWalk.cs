using System.Diagnostics;
using System.Numerics;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Threading;

namespace Sparrow.Benchmarks.KvCache;

/// <summary>One sequence's attention through all layers of a model over a cache of random keys and values in one profile.</summary>
internal sealed unsafe class AttentionWalk : IDisposable, IParallelWork
{
    // Random blocks made and sealed for each form; the others are copies of them, since sealing takes far longer than copying.
    private const int DistinctBlocks = 4;

    private readonly List<double> _milliseconds = [];
    private readonly List<double> _processorMilliseconds = [];
    private readonly List<double> _readMilliseconds = [];
    private readonly ModelConfig _model;
    private readonly WorkerPool _pool;
    private readonly PagedKvCache _cache;
    private readonly PagedAttentionView _view;
    private readonly Attention _attention;
    private readonly ActivationBuffer _queries;
    private readonly ActivationBuffer _keys;
    private readonly ActivationBuffer _values;
    private readonly ActivationBuffer _output;
    private readonly int _context;
    private readonly int _tokens;
    private readonly float[] _sinks;

    public AttentionWalk(ModelConfig model, KvProfile profile, int context, int tokens, KernelSet kernels, WorkerPool pool)
    {
        _model = model;
        _pool = pool;
        _context = context;
        _tokens = tokens;
        _sinks = new float[pool.WorkerCount * 64];
        int blockCount = (context + tokens) / KvLayout.BlockTokens;
        _cache = new PagedKvCache(KvShape.Of(model), profile, blockCount, 1, tokens, kernels);
        _view = new PagedAttentionView(_cache);
        _attention = new Attention(model, 1, kernels, pool);
        _queries = Random(model.HeadCount, 1);
        _keys = Random(model.KvHeadCount, 2);
        _values = Random(model.KvHeadCount, 3);
        _output = new ActivationBuffer(tokens, model.HeadCount * model.HeadSize);
        int[] table = [.. Enumerable.Range(0, blockCount)];
        new Random(4).Shuffle(table);
        StepBatch batch = new(tokens, 1);
        batch.Add(new int[tokens], context, table, 0, 0);
        _view.Bind(batch);
        Fill(new Random(5));
    }

    public double EffectiveBits => _cache.Profile.EffectiveBits(_model.HeadSize);

    /// <summary>Bytes of sealed blocks that one walk reads.</summary>
    public double Bytes => (double)_context * _cache.BytesPerToken;

    /// <summary>Multiplications and additions of scores and weighted sums, those of the step's own tokens left out.</summary>
    public double MultiplyAdds => 2.0 * _context * _tokens * _model.HeadCount * _model.HeadSize * _model.LayerCount;

    public double Median => Middle(_milliseconds);

    public double Best => _milliseconds.Min();

    /// <summary>Processor time of the whole process in a walk: what a loaded machine disturbs least. With several threads it counts their waiting too.</summary>
    public double MedianOfProcessor => Middle(_processorMilliseconds);

    public double MedianOfReading => Middle(_readMilliseconds);

    public void Time(bool counts)
    {
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        for (int layer = 0; layer < _model.LayerCount; layer++)
        {
            _attention.Forward(layer, null, _view, _queries, _keys, _values, _output, WorkerLane.Serving);
        }

        processor = Environment.CpuUsage.TotalTime - processor;
        long middle = Stopwatch.GetTimestamp();
        _pool.Run(this, _cache.BlockCount);
        if (counts)
        {
            _milliseconds.Add(Stopwatch.GetElapsedTime(start, middle).TotalMilliseconds);
            _processorMilliseconds.Add(processor.TotalMilliseconds);
            _readMilliseconds.Add(Stopwatch.GetElapsedTime(middle).TotalMilliseconds);
        }
    }

    // Reads blocks and adds up their words.
    void IParallelWork.Execute(int start, int end, int worker)
    {
        Vector<float> sum = Vector<float>.Zero;
        for (int block = start; block < end; block++)
        {
            float* from = (float*)_cache.Sealed(0, 0, block).Keys;
            for (long i = 0; i < _cache.BlockBytes / sizeof(float); i += Vector<float>.Count)
            {
                sum += *(Vector<float>*)(from + i);
            }
        }

        _sinks[worker * 64] += sum[0];
    }

    public void Dispose()
    {
        _cache.Dispose();
        _attention.Dispose();
        _queries.Dispose();
        _keys.Dispose();
        _values.Dispose();
        _output.Dispose();
    }

    private static double Middle(List<double> times) => times.Order().ElementAt(times.Count / 2);

    private ActivationBuffer Random(int heads, int seed)
    {
        Random random = new(seed);
        ActivationBuffer buffer = new(_tokens, heads * _model.HeadSize);
        for (int token = 0; token < _tokens; token++)
        {
            for (int i = 0; i < buffer.Columns; i++)
            {
                buffer.Row(token)[i] = (2 * random.NextSingle()) - 1;
            }
        }

        return buffer;
    }

    private void Fill(Random random)
    {
        float[] rows = new float[2 * KvLayout.BlockTokens * _model.HeadSize];
        for (int layer = 0; layer < _model.LayerCount; layer++)
        {
            for (int kvHead = 0; kvHead < _model.KvHeadCount; kvHead++)
            {
                for (int block = 0; block < _cache.BlockCount; block++)
                {
                    KvHeadBlock target = _cache.Sealed(layer, kvHead, block);
                    if (block >= DistinctBlocks)
                    {
                        KvHeadBlock source = _cache.Sealed(layer, kvHead, block % DistinctBlocks);
                        int keyBytes = target.KeyCodec.KeyBytes(_model.HeadSize);
                        int valueBytes = target.ValueCodec.ValueBytes(_model.HeadSize);
                        Buffer.MemoryCopy(source.Keys, target.Keys, keyBytes, keyBytes);
                        Buffer.MemoryCopy(source.Values, target.Values, valueBytes, valueBytes);
                        continue;
                    }

                    for (int i = 0; i < rows.Length; i++)
                    {
                        rows[i] = (2 * random.NextSingle()) - 1;
                    }

                    KvHeadBlock open = _cache.Open(layer, kvHead, 0);
                    fixed (float* keys = rows)
                    {
                        _cache.Write(open, keys, keys + (rows.Length / 2), _model.HeadSize, KvLayout.BlockTokens, 0);
                    }

                    _cache.Seal(open, target);
                }
            }
        }
    }
}
