using Sparrow.Compression.Evaluation;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Recipes;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Sampling;
using Sparrow.Runtime.Threading;
using Sparrow.Runtime.Tokenization;

namespace Sparrow.Compression.Pipeline;

/// <summary>
/// Perplexity of a checkpoint with one block in memory at a time, in floats and with an unquantised cache: what a compression is judged by, on machines
/// that could not hold the dense model.
/// </summary>
internal static class BlockwisePerplexity
{
    private const int LogitRows = 64;
    private const int DefaultWindow = 2048;

    /// <summary>Scores the windows of a text by GPTQ's convention.</summary>
    public static PerplexityReport Measure(
        Checkpoint checkpoint, QualityGate gate, KernelSet kernels, WorkerPool pool, long memoryBytes, string spillFile, Action<double> progress,
        CancellationToken cancellation)
    {
        int[][] windows = Windows(checkpoint, gate);
        ModelConfig config = checkpoint.Config;
        int width = config.HiddenSize;
        using ActivationStore store = new([.. windows.Select(window => window.Length)], width, memoryBytes, spillFile);
        DecoderOptions options = new() { Kernels = kernels, Pool = pool, MaxTokens = store.LongestTokens, MaxSequences = 1, MaxLogitRows = LogitRows };
        using BlockWalk walk = new(new OverlayCheckpoint(checkpoint), options, withHead: true);
        float[] scratch = new float[store.LongestTokens * width];
        for (int i = 0; i < windows.Length; i++)
        {
            Span<float> hidden = store.Take(i, scratch);
            walk.Embed(windows[i], hidden);
            store.Return(i, hidden);
        }

        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            walk.LoadBlock(layer);
            for (int i = 0; i < windows.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                Span<float> hidden = store.Take(i, scratch);
                walk.RunBlock(hidden);
                store.Return(i, hidden);
            }

            progress((layer + 1.0) / (config.LayerCount + 1));
        }

        walk.Unload();
        double sum = 0;
        double squares = 0;
        long tokens = 0;
        float[] logits = new float[LogitRows * config.VocabularySize];
        for (int i = 0; i < windows.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<float> hidden = store.Take(i, scratch);
            int[] window = windows[i];
            for (int first = 0; first < window.Length - 1; first += LogitRows)
            {
                int count = Math.Min(LogitRows, window.Length - 1 - first);
                walk.Logits(hidden.Slice(first * width, count * width), logits);
                for (int row = 0; row < count; row++)
                {
                    ReadOnlySpan<float> line = logits.AsSpan(row * config.VocabularySize, config.VocabularySize);
                    double loss = LogSoftmax.Normalizer(line) - line[window[first + row + 1]];
                    sum += loss;
                    squares += loss * loss;
                    tokens++;
                }
            }
        }

        double mean = sum / tokens;
        double value = Math.Exp(mean);
        double variance = Math.Max(0, (squares / tokens) - (mean * mean));
        return new PerplexityReport
        {
            Value = value,
            StandardError = double.IsFinite(value) ? value * Math.Sqrt(variance / tokens) : null,
            Tokens = tokens,
            Convention = "gptq",
            Window = windows[0].Length,
            Windows = windows.Length,
        };
    }

    private static int[][] Windows(Checkpoint checkpoint, QualityGate gate)
    {
        Tokenizer tokenizer = checkpoint.LoadTokenizer() ?? throw new RecipeException("evaluation", "the model has no tokenizer, which scoring a text needs");
        string text;
        try
        {
            text = File.ReadAllText(gate.PerplexityFile);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RecipeException("evaluation.perplexity", $"{gate.PerplexityFile} cannot be read: {error.Message}", error);
        }

        int[] tokens = PerplexityEvaluator.Tokenize(tokenizer, text, PerplexityConvention.Gptq);
        int window = Math.Min(gate.Window ?? DefaultWindow, checkpoint.Config.ContextLength);
        int count = Math.Min(tokens.Length / window, gate.MaximumWindows);
        return count > 0
            ? [.. Enumerable.Range(0, count).Select(i => tokens.AsSpan(i * window, window).ToArray())]
            : throw new RecipeException("evaluation.perplexity", $"{gate.PerplexityFile} has {tokens.Length} tokens, fewer than a window of {window}");
    }
}
