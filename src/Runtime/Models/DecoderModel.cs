using System.Diagnostics;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models;

/// <summary>
/// A decoder-only transformer: embedding, blocks of attention and MLP on one residual stream, norm, head. All tokens of a step go through together;
/// what a family does differently is a value of <see cref="ModelConfig"/>.
/// </summary>
/// <remarks>
/// One caller at a time: buffers belong to the model. Beside <see cref="Forward"/> there are its parts (<see cref="Embed"/>, <see cref="RunBlock"/>,
/// <see cref="Head"/>) for those who walk a model block by block. No call allocates.
/// </remarks>
public sealed unsafe class DecoderModel : IDisposable
{
    private const int ShortStepTokens = 64;

    private readonly DecoderWeights _weights;
    private readonly ActivationScratch _scratch;
    private readonly RotaryEmbedding _rotary;
    private readonly Attention _attention;
    private readonly Gate _gate;
    private readonly ResidualAdd _residual;
    private PagedAttentionView? _pages;
    private PagedKvCache? _pagesOf;

    internal DecoderModel(ModelConfig config, DecoderWeights weights, DecoderOptions options)
    {
        Config = config;
        Options = options;
        _weights = weights;
        _scratch = new ActivationScratch(config, options.MaxTokens, options.MaxLogitRows);
        RopeFrequencies frequencies = RopeFrequencies.Create(
            config.Rope, config.HeadSize, config.ContextLength, options.ContextLength ?? config.ContextLength);
        _rotary = new RotaryEmbedding(frequencies, config.HeadSize, options.MaxTokens, options.Kernels, options.Pool);
        _attention = new Attention(config, options.MaxSequences, options.Kernels, options.Pool);
        _gate = new Gate(config.Activation, options.Kernels, options.Pool);
        _residual = new ResidualAdd(1, options.Kernels, options.Pool);
    }

    public ModelConfig Config { get; }

    /// <summary>Most tokens that one call takes.</summary>
    public int MaxTokens => Options.MaxTokens;

    /// <summary>Most rows of logits that one call gives.</summary>
    public int MaxLogitRows => Options.MaxLogitRows;

    /// <summary>The caller's turn at the worker pool.</summary>
    public WorkerLane Lane { get; set; } = WorkerLane.Serving;

    internal DecoderOptions Options { get; }

    internal DecoderWeights Weights => _weights;

    /// <summary>The residual stream of the last call; also where <see cref="RunBlock"/> is used to work.</summary>
    internal ActivationBuffer Hidden => _scratch.Hidden;

    /// <summary>Sees the inputs of linear layers; null while nobody looks.</summary>
    internal ILinearTap? Tap { get; set; }

    /// <summary>Runs a step: appends its tokens' keys and values to the cache and computes the logits that it asks for.</summary>
    /// <param name="batch">The step.</param>
    /// <param name="cache">Where its sequences live.</param>
    /// <param name="logits">Receives <see cref="StepBatch.LogitCount"/> rows of <see cref="ModelConfig.VocabularySize"/> floats.</param>
    public void Forward(StepBatch batch, PagedKvCache cache, float* logits)
    {
        Debug.Assert(batch.TokenCount <= MaxTokens, "The step fits the buffers.");
        Debug.Assert(batch.LogitCount <= MaxLogitRows, "The step asks for no more logits than there is room for.");
        AttentionView view = Pages(batch, cache);
        ActivationBuffer hidden = _scratch.Hidden;
        Embed(batch.TokenIds, hidden);
        PreparePositions(view);
        for (int layer = 0; layer < Config.LayerCount; layer++)
        {
            RunBlock(layer, hidden, batch.TokenCount, view);
        }

        foreach (StepSequence sequence in batch.Sequences)
        {
            int firstRow = sequence.FirstToken + sequence.TokenCount - sequence.LogitCount;
            FinalNorm(hidden, firstRow, sequence.LogitCount, sequence.FirstLogit);
        }

        _weights.Head.Forward(_scratch.HeadInput, 0, batch.LogitCount, logits, Config.VocabularySize, Lane);
    }

    /// <summary>hidden[t] = the embedding of token t.</summary>
    internal void Embed(ReadOnlySpan<int> tokenIds, ActivationBuffer hidden)
    {
        for (int token = 0; token < tokenIds.Length; token++)
        {
            _weights.Embedding.ExpandRow(tokenIds[token], new Span<float>(hidden.Row(token), Config.HiddenSize));
        }

        hidden.MarkWritten();
    }

    /// <summary>Turns to the positions of a view's tokens: once before the blocks of a step.</summary>
    internal void PreparePositions(AttentionView view) => _rotary.Prepare(view.Sequences);

    /// <summary>Takes the residual stream through one block.</summary>
    /// <param name="layer">Block.</param>
    /// <param name="hidden">The residual stream, changed in place.</param>
    /// <param name="tokenCount">Its rows.</param>
    /// <param name="view">What attention sees; its positions have been prepared.</param>
    internal void RunBlock(int layer, ActivationBuffer hidden, int tokenCount, AttentionView view)
    {
        // A short step holds the cores for a whole block, which spares it a turn for every operation; a long one lets others in between.
        if (tokenCount > ShortStepTokens)
        {
            RunOperations(layer, hidden, tokenCount, view);
            return;
        }

        Options.Pool.Enter(Lane);
        try
        {
            RunOperations(layer, hidden, tokenCount, view);
        }
        finally
        {
            Options.Pool.Exit();
        }
    }

    /// <summary>Logits of some rows of the residual stream.</summary>
    /// <param name="hidden">After the last block.</param>
    /// <param name="firstRow">First row.</param>
    /// <param name="rowCount">Rows, at most <see cref="MaxLogitRows"/>.</param>
    /// <param name="logits">Receives that many rows of <see cref="ModelConfig.VocabularySize"/> floats.</param>
    internal void Head(ActivationBuffer hidden, int firstRow, int rowCount, float* logits)
    {
        FinalNorm(hidden, firstRow, rowCount, 0);
        _weights.Head.Forward(_scratch.HeadInput, 0, rowCount, logits, Config.VocabularySize, Lane);
    }

    public void Dispose()
    {
        _weights.Dispose();
        _scratch.Dispose();
        _rotary.Dispose();
        _attention.Dispose();
    }

    private void RunOperations(int layer, ActivationBuffer hidden, int tokenCount, AttentionView view)
    {
        DecoderBlock block = _weights.Blocks[layer];
        ActivationScratch s = _scratch;

        // 1. Attention.
        block.AttentionNorm.Forward(hidden, 0, s.Normed, tokenCount, Lane);
        Tap?.OnInput(layer, LinearInput.Attention, s.Normed, tokenCount);
        block.Query.Forward(s.Normed, s.Queries, tokenCount, Lane);
        block.Key.Forward(s.Normed, s.Keys, tokenCount, Lane);
        block.Value.Forward(s.Normed, s.Values, tokenCount, Lane);
        _rotary.Forward(s.Queries, Config.HeadCount, tokenCount, Lane);
        _rotary.Forward(s.Keys, Config.KvHeadCount, tokenCount, Lane);
        _attention.Forward(layer, Config.SlidingWindows?[layer], view, s.Queries, s.Keys, s.Values, s.Attended, Lane);
        Tap?.OnInput(layer, LinearInput.AttentionOutput, s.Attended, tokenCount);
        block.AttentionOutput.Forward(s.Attended, s.Branch, tokenCount, Lane);
        _residual.Forward(hidden, s.Branch, tokenCount, Lane);

        // 2. Gated MLP.
        block.MlpNorm.Forward(hidden, 0, s.Normed, tokenCount, Lane);
        Tap?.OnInput(layer, LinearInput.Mlp, s.Normed, tokenCount);
        block.Gate.Forward(s.Normed, s.Gate, tokenCount, Lane);
        block.Up.Forward(s.Normed, s.Up, tokenCount, Lane);
        _gate.Forward(s.Gate, s.Up, tokenCount, Lane);
        Tap?.OnInput(layer, LinearInput.Down, s.Gate, tokenCount);
        block.Down.Forward(s.Gate, s.Branch, tokenCount, Lane);
        _residual.Forward(hidden, s.Branch, tokenCount, Lane);
    }

    private PagedAttentionView Pages(StepBatch batch, PagedKvCache cache)
    {
        if (_pages is null || _pagesOf != cache)
        {
            _pages = new PagedAttentionView(cache);
            _pagesOf = cache;
        }

        _pages.Bind(batch);
        return _pages;
    }

    private void FinalNorm(ActivationBuffer hidden, int firstRow, int rowCount, int firstLogit)
    {
        for (int row = 0; row < rowCount; row++)
        {
            _weights.FinalNorm.Apply(hidden.Row(firstRow + row), _scratch.HeadInput.Row(firstLogit + row));
        }

        _scratch.HeadInput.MarkWritten();
    }
}
