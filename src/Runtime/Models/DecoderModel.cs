using System.Diagnostics;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models.Adapters;
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
    private readonly RotaryEmbeddings _rotary;
    private readonly Attention _attention;
    private readonly LearnedPositions? _positions;
    private readonly Clip? _clip;
    private readonly Mlp _mlp;
    private readonly Experts? _experts;
    private readonly ResidualAdd _residual;
    private PagedAttentionView? _pages;
    private PagedKvCache? _pagesOf;
    private AttachedAdapters? _adapters;

    internal DecoderModel(ModelConfig config, DecoderWeights weights, DecoderOptions options)
    {
        Config = config;
        Options = options;
        _weights = weights;
        _scratch = new ActivationScratch(config, options.MaxTokens, options.MaxLogitRows);
        _rotary = new RotaryEmbeddings(config, options);
        _attention = new Attention(config, options.MaxSequences, options.Kernels, options.Pool);
        _positions = weights.Positions is null ? null : new LearnedPositions(weights.Positions, config.LearnedPositionOffset!.Value, options.Kernels);
        _clip = config.QkvClip is { } limit ? new Clip(limit, options.Pool) : null;
        _mlp = new Mlp(config, config.IntermediateSize, options);
        _experts = config.Experts is { } experts ? new Experts(config, experts, options) : null;
        _residual = new ResidualAdd(config.ResidualMultiplier, options.Kernels, options.Pool);
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

    /// <summary>What the last block's attention worked with: queries and keys as rotated, and values.</summary>
    internal ActivationBuffer LastQueries => _scratch.Queries;

    internal ActivationBuffer LastKeys => _scratch.Keys;

    internal ActivationBuffer LastValues => _scratch.Values;

    /// <summary>Rows that experts have computed so far.</summary>
    internal long ExpertRows => _experts?.ComputedRows ?? 0;

    /// <summary>Sees the inputs of linear layers; null while nobody looks.</summary>
    internal ILinearTap? Tap { get; set; }

    /// <summary>Puts adapters beside the weights, once, before the first step. A step's sequences name them by their places in the list.</summary>
    /// <param name="adapters">Made for a model of this shape; owned from here on.</param>
    public void Attach(IReadOnlyList<ModelAdapter> adapters)
    {
        if (_adapters is not null)
        {
            throw new InvalidOperationException("The model has its adapters already.");
        }

        _adapters = adapters.Count > 0 ? new AttachedAdapters(adapters, _weights, Options) : null;
    }

    /// <summary>The place of an adapter, or <see cref="StepSequence.NoAdapter"/>.</summary>
    public int FindAdapter(string name) => _adapters?.Find(name) ?? StepSequence.NoAdapter;

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
        _adapters?.Bind(batch);
        for (int layer = 0; layer < Config.LayerCount; layer++)
        {
            RunBlock(layer, hidden, batch.TokenCount, view);
        }

        _adapters?.Clear();
        foreach (StepSequence sequence in batch.Sequences)
        {
            int firstRow = sequence.FirstToken + sequence.TokenCount - sequence.LogitCount;
            FinalNorm(hidden, firstRow, sequence.LogitCount, sequence.FirstLogit);
        }

        ComputeLogits(batch.LogitCount, logits);
    }

    /// <summary>hidden[t] = the embedding of token t.</summary>
    internal void Embed(ReadOnlySpan<int> tokenIds, ActivationBuffer hidden)
    {
        for (int token = 0; token < tokenIds.Length; token++)
        {
            Span<float> row = new(hidden.Row(token), Config.HiddenSize);
            _weights.Embedding.ExpandRow(tokenIds[token], row);
            if (Config.EmbeddingMultiplier != 1)
            {
                foreach (ref float x in row)
                {
                    x *= Config.EmbeddingMultiplier;
                }
            }
        }

        hidden.MarkWritten();
    }

    /// <summary>Turns to the positions of a view's tokens: once before the blocks of a step.</summary>
    internal void PreparePositions(AttentionView view) => _rotary.Prepare(view.Sequences);

    /// <summary>Takes the residual stream through one block. The first one begins by adding learned positions, where a family has them.</summary>
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
        ComputeLogits(rowCount, logits);
    }

    public void Dispose()
    {
        _weights.Dispose();
        _adapters?.Dispose();
        _scratch.Dispose();
        _rotary.Dispose();
        _attention.Dispose();
        _mlp.Dispose();
        _experts?.Dispose();
    }

    private void RunOperations(int layer, ActivationBuffer hidden, int tokenCount, AttentionView view)
    {
        DecoderBlock block = _weights.Blocks[layer];
        ActivationScratch s = _scratch;
        if (layer == 0)
        {
            _positions?.Add(hidden, view.Sequences);
        }

        // 1. Attention.
        ActivationBuffer input = Normed(block.AttentionNorm, hidden, s.Normed, tokenCount);
        Tap?.OnInput(LinearInput.Attention, null, input, tokenCount);
        block.Query.Forward(input, s.Queries, tokenCount, Lane);
        block.Key.Forward(input, s.Keys, tokenCount, Lane);
        block.Value.Forward(input, s.Values, tokenCount, Lane);
        block.QueryNorm?.Forward(s.Queries, 0, s.Queries, tokenCount, Lane);
        block.KeyNorm?.Forward(s.Keys, 0, s.Keys, tokenCount, Lane);
        ClipAll(tokenCount);
        _rotary.Of(layer)?.Forward(s.Queries, Config.HeadCount, tokenCount, Lane);
        _rotary.Of(layer)?.Forward(s.Keys, Config.KvHeadCount, tokenCount, Lane);
        _attention.Forward(layer, Config.SlidingWindows?[layer], view, s.Queries, s.Keys, s.Values, s.Attended, Lane);
        Tap?.OnInput(LinearInput.AttentionOutput, null, s.Attended, tokenCount);
        block.AttentionOutput.Forward(s.Attended, s.Branch, tokenCount, Lane);
        if (Config.ParallelBranches)
        {
            // The MLP must not see what attention adds.
            input = block.MlpNorm is null ? input : Normed(block.MlpNorm, hidden, s.MlpNormed, tokenCount);
        }

        AddBranch(block.AttentionOutputNorm, hidden, tokenCount);

        // 2. MLP or experts.
        input = Config.ParallelBranches ? input : Normed(block.MlpNorm, hidden, s.Normed, tokenCount);
        Tap?.OnInput(LinearInput.Mlp, null, input, tokenCount);
        if (block.Experts is not null)
        {
            _experts!.Forward(block.Experts, input, s.Branch, tokenCount, Lane, Tap);
        }
        else
        {
            _mlp.Forward(block.Mlp!, input, s.Branch, tokenCount, Lane);
            Tap?.OnInput(LinearInput.Down, null, _mlp.Inner, tokenCount);
        }

        AddBranch(block.MlpOutputNorm, hidden, tokenCount);
    }

    private void ClipAll(int tokenCount)
    {
        _clip?.Forward(_scratch.Queries, tokenCount, Lane);
        _clip?.Forward(_scratch.Keys, tokenCount, Lane);
        _clip?.Forward(_scratch.Values, tokenCount, Lane);
    }

    // What attention or MLP reads: the residual stream itself where nothing is normed before.
    private ActivationBuffer Normed(Norm? norm, ActivationBuffer hidden, ActivationBuffer normed, int tokenCount)
    {
        if (norm is null)
        {
            return hidden;
        }

        norm.Forward(hidden, 0, normed, tokenCount, Lane);
        return normed;
    }

    private void AddBranch(Norm? norm, ActivationBuffer hidden, int tokenCount)
    {
        norm?.Forward(_scratch.Branch, 0, _scratch.Branch, tokenCount, Lane);
        _residual.Forward(hidden, _scratch.Branch, tokenCount, Lane);
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

    private void ComputeLogits(int rowCount, float* logits)
    {
        _weights.Head.Forward(_scratch.HeadInput, 0, rowCount, logits, Config.VocabularySize, Lane);
        for (int row = 0; row < rowCount; row++)
        {
            float* y = logits + ((long)row * Config.VocabularySize);
            if (Config.LogitMultiplier != 1)
            {
                for (int i = 0; i < Config.VocabularySize; i++)
                {
                    y[i] *= Config.LogitMultiplier;
                }
            }

            if (Config.LogitSoftCap is { } cap)
            {
                Options.Kernels.SoftCap(y, cap, Config.VocabularySize);
            }
        }
    }
}
