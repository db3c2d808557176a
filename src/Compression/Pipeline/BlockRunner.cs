using Sparrow.Compression.Calibration;
using Sparrow.Compression.Steps;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pipeline;

/// <summary>
/// Walks a model block by block with the calibration sequences. All inputs of a block come from one pass before the block is changed; then its
/// outputs are computed again with what the steps made of it, and those are what the next block reads.
/// </summary>
internal sealed class BlockRunner : IDisposable
{
    private readonly Checkpoint _source;
    private readonly OverlayCheckpoint _overlay;
    private readonly DecoderOptions _options;
    private readonly IReadOnlyList<int[]> _segments;
    private readonly ActivationStore? _store;
    private readonly WorkerPool _pool;
    private readonly int _seed;
    private readonly Action<string> _warn;
    private readonly CancellationToken _cancellation;
    private readonly float[] _scratch;

    /// <param name="source">The model.</param>
    /// <param name="segments">Calibration sequences; none where nothing is gathered.</param>
    /// <param name="kernels">Kernels.</param>
    /// <param name="pool">Threads.</param>
    /// <param name="memoryBytes">Most bytes of residual streams in memory.</param>
    /// <param name="spillFile">Where the rest goes.</param>
    /// <param name="seed">The recipe's.</param>
    /// <param name="warn">Receives warnings.</param>
    /// <param name="cancellation">Ends it between sequences.</param>
    public BlockRunner(
        Checkpoint source, IReadOnlyList<int[]> segments, KernelSet kernels, WorkerPool pool, long memoryBytes, string spillFile, int seed,
        Action<string> warn, CancellationToken cancellation)
    {
        _source = source;
        _segments = segments;
        _pool = pool;
        _seed = seed;
        _warn = warn;
        _cancellation = cancellation;
        _overlay = new OverlayCheckpoint(source);
        int longest = segments.Count == 0 ? 1 : segments.Max(segment => segment.Length);
        _options = new DecoderOptions { Kernels = kernels, Pool = pool, MaxTokens = longest, MaxSequences = 1, MaxLogitRows = 1 };
        _store = segments.Count == 0 ? null : new ActivationStore([.. segments.Select(segment => segment.Length)], source.Config.HiddenSize, memoryBytes, spillFile);
        _scratch = new float[segments.Count == 0 ? 0 : longest * source.Config.HiddenSize];
    }

    public ActivationStore? Store => _store;

    /// <summary>Puts the embeddings of the sequences into the store.</summary>
    public void Embed()
    {
        using BlockWalk walk = new(_overlay, _options);
        for (int segment = 0; segment < _segments.Count; segment++)
        {
            Span<float> hidden = _store!.Take(segment, _scratch);
            walk.Embed(_segments[segment], hidden);
            _store.Return(segment, hidden);
        }
    }

    /// <summary>Opens a block as the source has it, with what steps must know of its inputs.</summary>
    public BlockContext Open(int layer, StatisticsNeed need, int sampleTokens, bool readOnly = false)
    {
        ModelConfig config = _source.Config;
        string prefix = $"model.layers.{layer}.";
        List<BlockInput> inputs = [];
        List<LinearState> linears = [];
        foreach ((string name, int rows, int columns) in BlockTensors.Linears(config, layer))
        {
            BlockInput? input = null;
            if (BlockTensors.InputOf(name[prefix.Length..]) is { } inputName)
            {
                input = inputs.Find(known => known.Name == inputName);
                if (input is null)
                {
                    inputs.Add(input = new BlockInput(inputName, columns));
                }
            }

            linears.Add(new LinearState(name, rows, columns, input, () => ReadMatrix(_source, name, rows, columns)));
        }

        BlockContext? block = null;
        block = new BlockContext(
            layer, config, inputs, linears, _pool, _seed, ReadVector, _warn,
            readOnly ? null : () =>
            {
                Overlay(block!);
                Measure(block!, need, sampleTokens);
            },
            _cancellation);
        Measure(block, need, sampleTokens);
        return block;
    }

    /// <summary>Computes the block's outputs with what the steps made of it, and forgets the block.</summary>
    public void Advance(BlockContext block)
    {
        foreach (BlockInput input in block.Inputs)
        {
            input.Statistics = null;
            input.Samples = default;
        }

        LargeArrays.Reclaim();
        Overlay(block);
        RunAll(block.Layer, null);
        _overlay.Clear();
    }

    /// <summary>Computes the block's outputs as the source has it.</summary>
    public void AdvanceUnchanged(int layer)
    {
        if (layer + 1 < _source.Config.LayerCount)
        {
            RunAll(layer, null);
        }
    }

    /// <summary>A matrix as floats, row-major.</summary>
    public static float[] ReadMatrix(Checkpoint source, string name, int rows, int columns)
    {
        float[] values = new float[checked(rows * columns)];
        for (int row = 0; row < rows; row++)
        {
            source.ReadRow(name, row, values.AsSpan(row * columns, columns));
        }

        return values;
    }

    public void Dispose()
    {
        _store?.Dispose();
    }

    private float[]? ReadVector(string name) =>
        BlockTensors.VectorLength(_source.Config, name) is { } length ? _source.LoadVector(name, length) : null;

    private void Overlay(BlockContext block)
    {
        foreach (LinearState linear in block.AllLinears.Where(linear => linear.IsChanged))
        {
            _overlay.Set(linear.Name, linear.Effective());
        }

        foreach ((string name, float[] values) in block.Vectors)
        {
            _overlay.Set(name, values);
        }
    }

    private void RunAll(int layer, BlockWalk.InputSeen? seen, Action? ended = null)
    {
        if (_store is null)
        {
            return;
        }

        // The decoder's buffers are not kept while steps work: they are as large as a block.
        using BlockWalk walk = new(_overlay, _options);
        walk.LoadBlock(layer);
        for (int segment = 0; segment < _segments.Count; segment++)
        {
            _cancellation.ThrowIfCancellationRequested();
            Span<float> hidden = _store.Take(segment, _scratch);
            if (seen is null)
            {
                walk.RunBlock(hidden);
                _store.Return(segment, hidden);
            }
            else
            {
                // What is measured goes on unchanged: the next pass starts where this one did.
                hidden.CopyTo(_scratch);
                walk.RunBlock(_scratch.AsSpan(0, hidden.Length), seen);
                ended!();
            }
        }
    }

    private void Measure(BlockContext block, StatisticsNeed need, int sampleTokens)
    {
        if (_store is null || (need == StatisticsNeed.None && sampleTokens == 0))
        {
            return;
        }

        Dictionary<string, BlockInput> inputs = block.Inputs.ToDictionary(input => input.Name, StringComparer.Ordinal);
        Dictionary<string, InputSamples> samples = [];
        foreach (BlockInput input in block.Inputs)
        {
            input.Statistics = null;
            input.Samples = default;
        }

        LargeArrays.Reclaim();
        foreach (BlockInput input in block.Inputs)
        {
            input.Statistics = need == StatisticsNeed.None ? null : new LayerStatistics(input.Columns, need == StatisticsNeed.Gram, _pool);
            samples.Add(input.Name, new InputSamples(input.Columns, sampleTokens, _segments.Sum(segment => (long)segment.Length)));
        }

        RunAll(
            block.Layer,
            (kind, expert, values) =>
            {
                if (inputs.TryGetValue(BlockTensors.NameOf(kind, expert), out BlockInput? input))
                {
                    input.Statistics?.Add(values);
                    samples[input.Name].Add(values.Span);
                }
            },
            () =>
            {
                foreach (BlockInput input in block.Inputs)
                {
                    input.Statistics?.EndSequence();
                }
            });
        foreach (BlockInput input in block.Inputs)
        {
            input.Samples = samples[input.Name].Values;
            CountEvenly(block, input);
            CheckStatistics(block, input);
        }
    }

    // An expert that no token chose: every channel counts alike, so that weights go by their own size. To count them as dead would clear the expert.
    private static void CountEvenly(BlockContext block, BlockInput input)
    {
        if (input.Statistics is not { Channels.SequenceCount: 0 } statistics)
        {
            return;
        }

        block.Warn($"no calibration token reached the input '{input.Name}'; the weights that read it count by their size alone");
        float[] token = new float[input.Columns];
        for (int column = 0; column < input.Columns; column++)
        {
            token[column] = 1;
            statistics.Add(token);
            token[column] = 0;
        }

        statistics.EndSequence();
    }

    private static void CheckStatistics(BlockContext block, BlockInput input)
    {
        if (input.Statistics is not { } statistics || statistics.Channels.SequenceCount == 0)
        {
            return;
        }

        if (statistics.Channels.FirstNonFiniteColumn is { } column)
        {
            throw new CompressionException(
                $"block {block.Layer}: channel {column} of the input '{input.Name}' is not finite on the calibration sequences; the model or what came before has broken it");
        }

        int dead = statistics.Channels.SquaredNorms().Count(square => square == 0);
        if (dead > 0)
        {
            block.Warn($"{dead} of {input.Columns} channels of the input '{input.Name}' are always 0 on the calibration sequences; their weights count for nothing");
        }
    }
}
