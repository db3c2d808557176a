using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>RMS norm (Zhang and Sennrich, 2019), or LayerNorm (Ba et al., 2016), of each token.</summary>
internal sealed unsafe class Norm : TokenWork, IDisposable
{
    private readonly NormKind _kind;
    private readonly NativeBuffer _weight;
    private readonly NativeBuffer? _bias;
    private readonly float _epsilon;
    private readonly KernelSet _kernels;
    private readonly WorkerPool _pool;
    private ActivationBuffer _input = null!;
    private ActivationBuffer _output = null!;
    private int _firstToken;

    /// <param name="kind">Which of the two.</param>
    /// <param name="weight">One factor a value.</param>
    /// <param name="bias">LayerNorm's, or null.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="kernels">Where the kernel comes from.</param>
    /// <param name="pool">Who computes.</param>
    public Norm(NormKind kind, ReadOnlySpan<float> weight, float[]? bias, float epsilon, KernelSet kernels, WorkerPool pool)
    {
        _kind = kind;
        Size = weight.Length;
        _weight = Copy(weight);
        _bias = bias is null ? null : Copy(bias);
        _epsilon = epsilon;
        _kernels = kernels;
        _pool = pool;
    }

    /// <summary>Values that are normed together.</summary>
    public int Size { get; }

    public long Bytes => _weight.Length + (_bias?.Length ?? 0);

    /// <summary>
    /// Norms rows from <paramref name="firstToken"/> on of the input into rows from 0 on of the output, which may be the input. A row of several
    /// times <see cref="Size"/> values is normed piece by piece: heads.
    /// </summary>
    public void Forward(ActivationBuffer input, int firstToken, ActivationBuffer output, int tokenCount, WorkerLane lane)
    {
        _input = input;
        _firstToken = firstToken;
        _output = output;
        Run(tokenCount, _pool, lane);
        output.MarkWritten();
    }

    /// <summary>Norms one row of <see cref="Size"/> values; in place is allowed.</summary>
    public void Apply(float* x, float* y)
    {
        if (_kind == NormKind.Rms)
        {
            _kernels.RmsNorm(x, (float*)_weight.Pointer, _epsilon, y, Size);
        }
        else
        {
            _kernels.LayerNorm(x, (float*)_weight.Pointer, _bias is null ? null : (float*)_bias.Pointer, _epsilon, y, Size);
        }
    }

    public void Dispose()
    {
        _weight.Dispose();
        _bias?.Dispose();
    }

    protected override void Execute(int start, int end)
    {
        for (int token = start; token < end; token++)
        {
            float* x = _input.Row(_firstToken + token);
            float* y = _output.Row(token);
            for (int i = 0; i < _input.Columns; i += Size)
            {
                Apply(x + i, y + i);
            }
        }
    }

    private static NativeBuffer Copy(ReadOnlySpan<float> values)
    {
        NativeBuffer buffer = new((long)values.Length * sizeof(float));
        values.CopyTo(buffer.AsSpan<float>());
        return buffer;
    }
}
