using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Evaluation.Comparison;

/// <summary>
/// Walks two models through the same windows in step and compares their logits position by position, so that no more than a step's rows of logits
/// are ever kept. Each steps over its own cache, as when it is served.
/// </summary>
public sealed class PairedScorer
{
    private readonly IStepModel _model;
    private readonly IStepModel _reference;
    private readonly StepBatch _batch;
    private readonly int _contextLength;
    private readonly int _maxTokens;
    private readonly int _maxRows;

    /// <param name="model">What is measured.</param>
    /// <param name="reference">What it is measured against.</param>
    /// <param name="maxTokens">Most tokens in a step; no more than both were loaded for.</param>
    /// <exception cref="ArgumentException">The models' vocabularies are not equally large.</exception>
    public PairedScorer(LoadedModel model, LoadedModel reference, int maxTokens)
    {
        _model = model.StepModel;
        _reference = reference.StepModel;
        if (_model.VocabularySize != _reference.VocabularySize)
        {
            throw new ArgumentException(
                $"A model of {_model.VocabularySize} tokens cannot be compared with one of {_reference.VocabularySize}.", nameof(reference));
        }

        _maxTokens = maxTokens;
        _maxRows = Math.Min(maxTokens, Math.Min(_model.MaxLogitRows, _reference.MaxLogitRows));
        _contextLength = Math.Min(model.ContextLength, reference.ContextLength);
        _batch = new StepBatch(maxTokens, 1);
    }

    /// <summary>Compares over windows.</summary>
    /// <param name="text">The windows.</param>
    /// <param name="progress">Share of the windows done, 0 to 1.</param>
    /// <param name="cancellation">Ends it between steps.</param>
    /// <exception cref="ArgumentException">A window is longer than a model's context or cache.</exception>
    /// <exception cref="InvalidDataException">A model's logits are not numbers.</exception>
    public ModelComparison Compare(TextWindows text, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        PairedLosses losses = new(text.Windows.Count);
        foreach (int[] window in text.Windows)
        {
            Check(window.Length);
            Walk(window, text.FirstScored, losses, cancellation);
            losses.EndWindow();
            progress?.Report((double)losses.WindowCount / text.Windows.Count);
        }

        return losses.ToComparison();
    }

    private void Check(int length)
    {
        // The last token is predicted, never read.
        int blocks = (length - 1) / KvLayout.BlockTokens;
        int available = Math.Min(_model.BlockCount, _reference.BlockCount);
        if (length - 1 > _contextLength || blocks > available)
        {
            throw new ArgumentException(
                $"A window of {length} tokens exceeds the context of {_contextLength} or the cache of {available} blocks of {KvLayout.BlockTokens} tokens.");
        }
    }

    private void Walk(int[] window, int firstScored, PairedLosses losses, CancellationToken cancellation)
    {
        int[] blocks = [.. Enumerable.Range(0, (window.Length - 1) / KvLayout.BlockTokens)];
        int count;
        for (int position = 0; position < window.Length - 1; position += count)
        {
            cancellation.ThrowIfCancellationRequested();
            int unscored = Math.Max(0, firstScored - 1 - position);
            int rows = unscored > 0 ? 0 : Math.Min(_maxRows, window.Length - 1 - position);
            count = unscored > 0 ? Math.Min(_maxTokens, unscored) : rows;
            _batch.Clear();
            _batch.Add(window.AsSpan(position, count), position, blocks, 0, rows);
            ReadOnlySpan<float> logits = _model.Forward(_batch);
            ReadOnlySpan<float> expected = _reference.Forward(_batch);
            int vocabulary = _model.VocabularySize;
            for (int row = 0; row < rows; row++)
            {
                losses.Add(
                    expected.Slice(row * vocabulary, vocabulary), logits.Slice(row * vocabulary, vocabulary), window[position + row + 1]);
            }
        }
    }
}
