using Sparrow.Compression.Allocation;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Sampling;

namespace Sparrow.Compression.KvTuning;

/// <summary>
/// Runs windows of text through a model with caches of given pairs and compares the outcome with that of the dense cache. The dense residual streams
/// are kept, so a trial that quantises one layer begins there.
/// </summary>
/// <remarks>Queries read as the paged cache lets them: their own block of 32 as written, earlier ones sealed.</remarks>
internal sealed class KvTrials : IDisposable
{
    // Residual streams and logits of a few thousand tokens of a small model; beyond it they are computed again.
    private const long DefaultKeptBytes = 1L << 30;

    private readonly KvWalk _walk;
    private readonly IReadOnlyList<int[]> _windows;
    private readonly float[]?[][] _streams;
    private readonly float[]?[] _logits;
    private readonly int _layerCount;
    private readonly int _stride;

    /// <param name="model">The model; belongs to no engine meanwhile.</param>
    /// <param name="form">Mode, groups and scales; its pairs say only whether open blocks are floats.</param>
    /// <param name="windows">Tokens, windows of equal length.</param>
    /// <param name="ownBlockIsOpen">The reading rule; else queries read their own block sealed too.</param>
    /// <param name="keptBytes">Most bytes of dense residual streams, and of dense logits.</param>
    /// <exception cref="ArgumentException">There is no window, or one is longer than a step of the model.</exception>
    public KvTrials(
        DecoderModel model, KvProfile form, IReadOnlyList<int[]> windows, bool ownBlockIsOpen = true, long keptBytes = DefaultKeptBytes)
    {
        if (windows.Count == 0 || windows.Any(window => window.Length < 2 || window.Length > model.MaxTokens))
        {
            throw new ArgumentException($"Windows must have 2 to {model.MaxTokens} tokens, and there must be one.", nameof(windows));
        }

        _walk = new KvWalk(model, form, ownBlockIsOpen);
        _windows = windows;
        _layerCount = model.Config.LayerCount;
        DensePair = form.OpenBlocksAreFloat ? new KvPair(32, 32) : new KvPair(16, 16);

        // Every stride-th layer's input is kept, and always the output of the last.
        long streamBytes = windows.Sum(window => (long)window.Length) * model.Config.HiddenSize * sizeof(float);
        _stride = (int)Math.Clamp((streamBytes * _layerCount / Math.Max(keptBytes, 1)) + 1, 1, _layerCount);
        _streams = [.. windows.Select(_ => new float[]?[_layerCount + 1])];
        _logits = new float[]?[windows.Count];
        KeepsLogits = windows.Sum(window => (long)window.Length) * model.Config.VocabularySize * sizeof(float) <= keptBytes;
    }

    public int WindowCount => _windows.Count;

    public IReadOnlyList<int[]> Windows => _windows;

    /// <summary>What the dense cache keeps: nothing is lost by it that the form does not lose in any case.</summary>
    public KvPair DensePair { get; }

    private bool KeepsLogits { get; }

    /// <summary>The loss of the dense cache: its divergence is 0.</summary>
    public KvLoss Dense(int window)
    {
        EnsureDense(window);
        double sum = 0;
        int[] tokens = _windows[window];
        for (int first = 0; first < tokens.Length; first += _walk.MaxLogitRows)
        {
            int count = Math.Min(_walk.MaxLogitRows, tokens.Length - first);
            sum += LogLoss(DenseLogits(window, first, count), tokens, first);
        }

        return new KvLoss(0, sum / (tokens.Length - 1));
    }

    /// <summary>The loss where one layer is quantised and the others are dense.</summary>
    public KvLoss OneLayer(int window, int layer, KvPair pair)
    {
        ResumeBefore(window, layer);
        _walk.Run(layer, pair);
        RunDense(layer + 1, _layerCount);
        return Compare(window);
    }

    /// <summary>The loss of a whole profile.</summary>
    public KvLoss All(int window, IReadOnlyList<KvPair> pairs)
    {
        // Dense layers at the beginning are as they were.
        int first = 0;
        while (first < _layerCount - 1 && pairs[first] == DensePair)
        {
            first++;
        }

        ResumeBefore(window, first);
        for (int layer = first; layer < _layerCount; layer++)
        {
            _walk.Run(layer, pairs[layer]);
        }

        return Compare(window);
    }

    /// <summary>Queries, keys and values of a layer over a window, by the dense cache.</summary>
    public KvActivations Activations(int window, int layer)
    {
        ResumeBefore(window, layer);
        _walk.Run(layer, DensePair);
        return new KvActivations(_walk.Queries(), _walk.Keys(), _walk.Values(), _walk.TokenCount);
    }

    public void Dispose() => _walk.Dispose();

    private void ResumeBefore(int window, int layer)
    {
        EnsureDense(window);
        int kept = layer / _stride * _stride;
        _walk.Resume(_streams[window][kept]!);
        RunDense(kept, layer);
    }

    private void RunDense(int first, int end)
    {
        for (int layer = first; layer < end; layer++)
        {
            _walk.Run(layer, DensePair);
        }
    }

    private void EnsureDense(int window)
    {
        float[]?[] streams = _streams[window];
        if (streams[_layerCount] is not null)
        {
            return;
        }

        _walk.Start(_windows[window]);
        for (int layer = 0; layer < _layerCount; layer++)
        {
            if (layer % _stride == 0)
            {
                _walk.Save(streams[layer] = new float[_walk.HiddenLength]);
            }

            _walk.Run(layer, DensePair);
        }

        _walk.Save(streams[_layerCount] = new float[_walk.HiddenLength]);
        if (KeepsLogits)
        {
            float[] logits = new float[_walk.TokenCount * _walk.Config.VocabularySize];
            for (int first = 0; first < _walk.TokenCount; first += _walk.MaxLogitRows)
            {
                int count = Math.Min(_walk.MaxLogitRows, _walk.TokenCount - first);
                _walk.Logits(first, count).CopyTo(logits.AsSpan(first * _walk.Config.VocabularySize));
            }

            _logits[window] = logits;
        }
    }

    private KvLoss Compare(int window)
    {
        int[] tokens = _windows[window];
        double divergence = 0;
        double logLoss = 0;
        for (int first = 0; first < tokens.Length; first += _walk.MaxLogitRows)
        {
            int count = Math.Min(_walk.MaxLogitRows, tokens.Length - first);
            ReadOnlySpan<float> student = _walk.Logits(first, count);
            ReadOnlySpan<float> teacher = DenseLogits(window, first, count);
            divergence += LogitDivergence.KullbackLeibler(teacher, student, _walk.Config.VocabularySize).Sum();
            logLoss += LogLoss(student, tokens, first);
        }

        return new KvLoss(divergence / tokens.Length, logLoss / (tokens.Length - 1));
    }

    private ReadOnlySpan<float> DenseLogits(int window, int first, int count)
    {
        int vocabulary = _walk.Config.VocabularySize;
        int hidden = _walk.Config.HiddenSize;
        return _logits[window] is { } logits
            ? logits.AsSpan(first * vocabulary, count * vocabulary)
            : _walk.Logits(_streams[window][_layerCount].AsSpan(first * hidden, count * hidden));
    }

    private double LogLoss(ReadOnlySpan<float> logits, int[] tokens, int first)
    {
        int vocabulary = _walk.Config.VocabularySize;
        double sum = 0;
        for (int row = 0; row < logits.Length / vocabulary && first + row + 1 < tokens.Length; row++)
        {
            ReadOnlySpan<float> line = logits.Slice(row * vocabulary, vocabulary);
            sum += LogSoftmax.Normalizer(line) - line[tokens[first + row + 1]];
        }

        return sum;
    }
}
