using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Evaluation.Comparison;

/// <summary>
/// How far each block of a model is from the reference's: both walked block by block over the same windows, one block of each loaded at a time, so
/// that memory is set by the residual streams.
/// </summary>
public sealed class BlockComparison : IDisposable
{
    private readonly BlockWalk _model;
    private readonly BlockWalk _reference;
    private readonly int _hiddenSize;

    /// <param name="model">What is measured; it stays the caller's.</param>
    /// <param name="reference">What it is measured against; it stays the caller's.</param>
    /// <param name="kernels">A kernel set by name.</param>
    /// <param name="int8Activations">Whether grouped-integer weights meet activations rounded to int8.</param>
    /// <param name="maxTokens">Longest window.</param>
    /// <exception cref="ArgumentException">The models have not equally many blocks of the same size.</exception>
    public BlockComparison(Checkpoint model, Checkpoint reference, string kernels, bool int8Activations, int maxTokens)
    {
        if (model.Config.LayerCount != reference.Config.LayerCount || model.Config.HiddenSize != reference.Config.HiddenSize)
        {
            throw new ArgumentException(
                $"{model.Config.LayerCount} blocks of hidden size {model.Config.HiddenSize} cannot be compared with {reference.Config.LayerCount} of {reference.Config.HiddenSize}.",
                nameof(reference));
        }

        DecoderOptions options = new()
        {
            Kernels = KernelSet.Select(kernels),
            Int8Activations = int8Activations,
            MaxTokens = maxTokens,
            MaxSequences = 1,
            MaxLogitRows = 1,
        };
        _hiddenSize = model.Config.HiddenSize;
        _model = new BlockWalk(model, options);
        _reference = new BlockWalk(reference, options);
    }

    /// <summary>Compares all blocks.</summary>
    /// <param name="windows">Sequences of tokens.</param>
    /// <param name="progress">Share of the blocks done, 0 to 1.</param>
    /// <param name="cancellation">Ends it between windows.</param>
    public IReadOnlyList<BlockReport> Compare(
        IReadOnlyList<int[]> windows, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        // The reference's stream and the model's own begin alike, unless the embeddings were compressed too.
        float[][] streams = [.. windows.Select(window => Embed(_reference, window))];
        float[][] strayed = [.. windows.Select(window => Embed(_model, window))];
        List<BlockReport> reports = [];
        for (int block = 0; block < _model.Config.LayerCount; block++)
        {
            _model.LoadBlock(block);
            _reference.LoadBlock(block);
            Sums sums = new();
            for (int i = 0; i < streams.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                float[] input = [.. streams[i]];
                float[] output = [.. input];
                _model.RunBlock(output);
                _reference.RunBlock(streams[i]);
                _model.RunBlock(strayed[i]);
                sums.Add(input, streams[i], output, strayed[i]);
            }

            reports.Add(sums.ToReport(block));
            progress?.Report((block + 1.0) / _model.Config.LayerCount);
        }

        return reports;
    }

    public void Dispose()
    {
        _model.Dispose();
        _reference.Dispose();
    }

    private float[] Embed(BlockWalk walk, int[] window)
    {
        float[] hidden = new float[window.Length * _hiddenSize];
        walk.Embed(window, hidden);
        return hidden;
    }

    /// <summary>Squared norms over all windows, in double.</summary>
    private sealed class Sums
    {
        private double _output;
        private double _update;
        private double _error;
        private double _strayed;

        public void Add(float[] input, float[] expected, float[] output, float[] strayed)
        {
            for (int i = 0; i < input.Length; i++)
            {
                _output += Square(expected[i]);
                _update += Square((double)expected[i] - input[i]);
                _error += Square((double)expected[i] - output[i]);
                _strayed += Square((double)expected[i] - strayed[i]);
            }
        }

        public BlockReport ToReport(int block) => new(block, Ratio(_error, _output), Ratio(_error, _update), Ratio(_strayed, _output));

        private static double Square(double value) => value * value;

        private static double Ratio(double error, double whole) => error == 0 ? 0 : Math.Sqrt(error / whole);
    }
}
