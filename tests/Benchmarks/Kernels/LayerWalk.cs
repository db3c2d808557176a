using System.Diagnostics;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Threading;

namespace Sparrow.Benchmarks.Kernels;

/// <summary>Copies of one layer, gone through one after the other.</summary>
internal sealed unsafe class LayerWalk : IDisposable
{
    // Copies of each matrix until a walk reads far more than the last cache level holds, as the layers of a model do.
    private const long WalkBytes = 64L << 20;

    private readonly List<WeightMatrix> _matrices = [];
    private readonly List<Linear> _layers = [];
    private readonly List<double> _milliseconds = [];
    private readonly ActivationBuffer _input;
    private readonly ActivationBuffer _output;
    private readonly int _tokens;

    public LayerWalk(Func<WeightMatrix> make, KernelSet kernels, WorkerPool pool, int tokens)
    {
        do
        {
            _matrices.Add(make());
            _layers.Add(new Linear(_matrices[^1], null, kernels, pool, int8Activations: true));
        }
        while (_matrices[0].Bytes * _matrices.Count < WalkBytes);
        _tokens = tokens;
        _input = new ActivationBuffer(tokens, _matrices[0].Columns);
        _output = new ActivationBuffer(tokens, _matrices[0].Rows);
        Random random = new(2);
        for (int token = 0; token < tokens; token++)
        {
            for (int column = 0; column < _input.Columns; column++)
            {
                _input.Row(token)[column] = random.NextSingle() - 0.5f;
            }
        }
    }

    public double BitsPerWeight => _matrices[0].Bytes * 8.0 / ((double)_matrices[0].Rows * _matrices[0].Columns);

    public double Median => _milliseconds.Skip(1).Order().ElementAt((_milliseconds.Count - 1) / 2);

    public double Best => _milliseconds.Min();

    public double GigabytesPerSecond => _matrices[0].Bytes / Median / 1e6;

    public void Time()
    {
        long start = Stopwatch.GetTimestamp();
        foreach (Linear layer in _layers)
        {
            _input.MarkWritten();
            layer.Forward(_input, _output, _tokens);
        }

        _milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds / _layers.Count);
    }

    public void Dispose()
    {
        _matrices.ForEach(matrix => matrix.Dispose());
        _input.Dispose();
        _output.Dispose();
    }
}
