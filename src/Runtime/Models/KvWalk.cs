using System.Diagnostics;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Tensors;

namespace Sparrow.Runtime.Models;

/// <summary>
/// Takes one window of tokens through a model block by block, each block's cache at a precision of the caller's choice. The residual stream can be
/// taken out before any block and put back later, so that a trial of one block repeats only what comes after it.
/// </summary>
/// <remarks>It reads as a paged cache of the same pairs would, to the bit. One caller at a time; the model belongs to no engine meanwhile.</remarks>
internal sealed unsafe class KvWalk : IDisposable
{
    private readonly DecoderModel _model;
    private readonly SealedSequenceView _view;
    private readonly ActivationBuffer _other;
    private readonly NativeBuffer _logits;
    private readonly NativeBuffer _otherLogits;

    /// <param name="model">The model.</param>
    /// <param name="form">Mode, groups and scales of the cache; its pairs say only whether open blocks are floats.</param>
    /// <param name="ownBlockIsOpen">The reading rule of the paged cache; else queries read their own block sealed too.</param>
    public KvWalk(DecoderModel model, KvProfile form, bool ownBlockIsOpen = true)
    {
        _model = model;
        _view = new SealedSequenceView(KvShape.Of(model.Config), form, ownBlockIsOpen, model.MaxTokens, model.Options.Kernels);
        _other = new ActivationBuffer(model.MaxLogitRows, model.Config.HiddenSize);
        _logits = new NativeBuffer((long)model.MaxLogitRows * model.Config.VocabularySize * sizeof(float));
        _otherLogits = new NativeBuffer(_logits.Length);
    }

    public ModelConfig Config => _model.Config;

    /// <summary>Most tokens of a window.</summary>
    public int MaxTokens => _model.MaxTokens;

    /// <summary>Most rows of logits that one call gives.</summary>
    public int MaxLogitRows => _model.MaxLogitRows;

    public int TokenCount { get; private set; }

    /// <summary>Floats of the residual stream.</summary>
    public int HiddenLength => TokenCount * Config.HiddenSize;

    /// <summary>Turns to a window; the residual stream is its embeddings.</summary>
    public void Start(ReadOnlySpan<int> tokens)
    {
        Bind(tokens.Length);
        _model.Embed(tokens, _model.Hidden);
    }

    /// <summary>Turns to a window of so many tokens whose residual stream was taken out before.</summary>
    public void Resume(ReadOnlySpan<float> hidden)
    {
        Bind(hidden.Length / Config.HiddenSize);
        Load(hidden, _model.Hidden);
    }

    /// <summary>Runs one block.</summary>
    public void Run(int layer, KvPair pair)
    {
        _view.Use(pair);
        _model.RunBlock(layer, _model.Hidden, TokenCount, _view);
    }

    /// <summary>Takes out the residual stream, <c>[tokens, hidden]</c>.</summary>
    public void Save(Span<float> hidden) => Save(_model.Hidden, hidden);

    /// <summary>The last block's rotated queries, <c>[tokens, heads · head size]</c>.</summary>
    public float[] Queries() => Save(_model.LastQueries);

    /// <summary>The last block's rotated keys, <c>[tokens, KV heads · head size]</c>.</summary>
    public float[] Keys() => Save(_model.LastKeys);

    /// <summary>The last block's values, laid out as the keys.</summary>
    public float[] Values() => Save(_model.LastValues);

    /// <summary>Logits of some tokens, after the last block; valid until the next call.</summary>
    public ReadOnlySpan<float> Logits(int firstToken, int count)
    {
        _model.Head(_model.Hidden, firstToken, count, (float*)_logits.Pointer);
        return _logits.AsSpan<float>()[..(count * Config.VocabularySize)];
    }

    /// <summary>The same of a residual stream that was taken out: whole rows, at most <see cref="MaxLogitRows"/>. Leaves the others as they are.</summary>
    public ReadOnlySpan<float> Logits(ReadOnlySpan<float> hidden)
    {
        Load(hidden, _other);
        int count = hidden.Length / Config.HiddenSize;
        _model.Head(_other, 0, count, (float*)_otherLogits.Pointer);
        return _otherLogits.AsSpan<float>()[..(count * Config.VocabularySize)];
    }

    public void Dispose()
    {
        _view.Dispose();
        _other.Dispose();
        _logits.Dispose();
        _otherLogits.Dispose();
    }

    private void Bind(int tokenCount)
    {
        if (tokenCount < 1 || tokenCount > MaxTokens)
        {
            throw new ArgumentException($"A window of {tokenCount} tokens is not between 1 and the {MaxTokens} that the model was loaded for.", nameof(tokenCount));
        }

        TokenCount = tokenCount;
        _view.Bind(tokenCount);
        _model.PreparePositions(_view);
    }

    private static void Load(ReadOnlySpan<float> rows, ActivationBuffer target)
    {
        for (int row = 0; row < rows.Length / target.Columns; row++)
        {
            rows.Slice(row * target.Columns, target.Columns).CopyTo(new Span<float>(target.Row(row), target.Columns));
        }

        target.MarkWritten();
    }

    private float[] Save(ActivationBuffer source)
    {
        float[] rows = new float[TokenCount * source.Columns];
        Save(source, rows);
        return rows;
    }

    private static void Save(ActivationBuffer source, Span<float> rows)
    {
        Debug.Assert(rows.Length % source.Columns == 0, "Whole rows are taken out.");
        for (int row = 0; row < rows.Length / source.Columns; row++)
        {
            new ReadOnlySpan<float>(source.Row(row), source.Columns).CopyTo(rows.Slice(row * source.Columns, source.Columns));
        }
    }
}
