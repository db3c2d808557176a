using System.Buffers;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Models;

/// <summary>
/// A decoder of which one block is loaded at a time: whole sequences go through it block by block, their residual streams kept by the caller. Memory is
/// set by one block, not by depth. One caller at a time.
/// </summary>
internal sealed unsafe class BlockWalk : IDisposable
{
    private readonly Checkpoint _checkpoint;
    private readonly DecoderWeightsLoader _loader;
    private readonly DecoderBlock?[] _blocks;
    private readonly DecoderModel _model;
    private readonly SequenceAttentionView _view;
    private readonly InputReader _reader;
    private int _loaded = -1;

    /// <param name="checkpoint">Where weights come from; it stays the caller's.</param>
    /// <param name="options">Kernels, threads and the longest sequence (<see cref="DecoderOptions.MaxTokens"/>).</param>
    /// <param name="withHead">Whether <see cref="Logits"/> will be asked for.</param>
    public BlockWalk(Checkpoint checkpoint, DecoderOptions options, bool withHead = false)
    {
        _checkpoint = checkpoint;
        ModelConfig config = checkpoint.Config;
        _loader = new DecoderWeightsLoader(checkpoint, options);
        _blocks = new DecoderBlock?[config.LayerCount];

        // Embeddings are read row by row, so their matrix holds nothing unless the head is tied to it; memory never written costs nothing.
        bool fillsEmbedding = withHead && config.TiedEmbeddings;
        WeightMatrix embedding = fillsEmbedding
            ? checkpoint.LoadMatrix(ExpectedTensors.Embedding, config.VocabularySize, config.HiddenSize)
            : new DenseMatrix(config.VocabularySize, config.HiddenSize, DenseElement.BF16);
        DecoderWeights weights = new()
        {
            Embedding = embedding,
            Positions = _loader.LoadPositions(),
            Blocks = _blocks!,
            FinalNorm = _loader.LoadFinalNorm(),
            Head = withHead ? _loader.LoadHead(embedding) : new Linear(embedding, null, options.Kernels, options.Pool, int8Activations: false),
        };
        _model = new DecoderModel(config, weights, options) { Lane = Threading.WorkerLane.Compression };
        _view = new SequenceAttentionView(KvShape.Of(config), options.MaxTokens, 1, options.Kernels);
        _reader = new InputReader();
    }

    /// <summary>Sees an input of a block's linears, some tokens of a sequence at a time, in order.</summary>
    /// <param name="input">Which linears read it.</param>
    /// <param name="expert">The expert they belong to, or null.</param>
    /// <param name="values">[tokens, columns]; valid during the call.</param>
    public delegate void InputSeen(LinearInput input, int? expert, ReadOnlyMemory<float> values);

    public ModelConfig Config => _model.Config;

    /// <summary>Longest sequence.</summary>
    public int MaxTokens => _model.MaxTokens;

    /// <summary>hidden[t] = the embedding of token t, [tokens, hidden size].</summary>
    public void Embed(ReadOnlySpan<int> tokens, Span<float> hidden)
    {
        int size = Config.HiddenSize;
        for (int token = 0; token < tokens.Length; token++)
        {
            Span<float> row = hidden.Slice(token * size, size);
            _checkpoint.ReadRow(ExpectedTensors.Embedding, tokens[token], row);
            if (Config.EmbeddingMultiplier != 1)
            {
                foreach (ref float x in row)
                {
                    x *= Config.EmbeddingMultiplier;
                }
            }
        }
    }

    /// <summary>Loads a block in place of the one before.</summary>
    public void LoadBlock(int layer)
    {
        Unload();
        _blocks[layer] = _loader.LoadBlock(layer);
        _loaded = layer;
    }

    /// <summary>Gives the block's memory back.</summary>
    public void Unload()
    {
        if (_loaded >= 0)
        {
            _blocks[_loaded]?.Dispose();
            _blocks[_loaded] = null;
            _loaded = -1;
        }
    }

    /// <summary>Takes one sequence through the loaded block.</summary>
    /// <param name="hidden">Its residual stream [tokens, hidden size], changed in place.</param>
    /// <param name="seen">Sees what the block's linears read; null: nobody does.</param>
    public void RunBlock(Span<float> hidden, InputSeen? seen = null)
    {
        int size = Config.HiddenSize;
        int tokenCount = hidden.Length / size;
        ActivationBuffer buffer = _model.Hidden;
        for (int token = 0; token < tokenCount; token++)
        {
            hidden.Slice(token * size, size).CopyTo(new Span<float>(buffer.Row(token), size));
        }

        buffer.MarkWritten();
        _view.Bind(tokenCount);
        _model.PreparePositions(_view);
        _reader.Seen = seen;
        _model.Tap = seen is null ? null : _reader;
        _model.RunBlock(_loaded, buffer, tokenCount, _view);
        _model.Tap = null;
        for (int token = 0; token < tokenCount; token++)
        {
            new ReadOnlySpan<float>(buffer.Row(token), size).CopyTo(hidden.Slice(token * size, size));
        }
    }

    /// <summary>Logits of at most <see cref="DecoderOptions.MaxLogitRows"/> tokens whose residual streams have gone through all blocks.</summary>
    /// <param name="hidden">[tokens, hidden size].</param>
    /// <param name="logits">Receives [tokens, vocabulary].</param>
    public void Logits(ReadOnlySpan<float> hidden, Span<float> logits)
    {
        int size = Config.HiddenSize;
        int tokenCount = hidden.Length / size;
        ActivationBuffer buffer = _model.Hidden;
        for (int token = 0; token < tokenCount; token++)
        {
            hidden.Slice(token * size, size).CopyTo(new Span<float>(buffer.Row(token), size));
        }

        buffer.MarkWritten();
        ArgumentOutOfRangeException.ThrowIfLessThan(logits.Length, (long)tokenCount * Config.VocabularySize);
        fixed (float* target = logits)
        {
            _model.Head(buffer, 0, tokenCount, target);
        }
    }

    public void Dispose()
    {
        Unload();
        _model.Dispose();
        _view.Dispose();
        _reader.Dispose();
    }

    /// <summary>Copies rows that are padded in the decoder's buffers into plain memory.</summary>
    private sealed class InputReader : ILinearTap, IDisposable
    {
        // A whole sequence of the widest input would take as much memory as a matrix.
        private const int PieceTokens = 256;

        private float[] _values = [];

        public InputSeen? Seen { get; set; }

        public void OnInput(LinearInput input, int? expert, ActivationBuffer activations, int tokenCount)
        {
            int columns = activations.Columns;
            if (_values.Length < PieceTokens * columns)
            {
                Dispose();
                _values = ArrayPool<float>.Shared.Rent(PieceTokens * columns);
            }

            for (int first = 0; first < tokenCount; first += PieceTokens)
            {
                int count = Math.Min(PieceTokens, tokenCount - first);
                for (int token = 0; token < count; token++)
                {
                    new ReadOnlySpan<float>(activations.Row(first + token), columns).CopyTo(_values.AsSpan(token * columns, columns));
                }

                Seen!(input, expert, _values.AsMemory(0, count * columns));
            }
        }

        public void Dispose()
        {
            if (_values.Length > 0)
            {
                ArrayPool<float>.Shared.Return(_values);
                _values = [];
            }
        }
    }
}
