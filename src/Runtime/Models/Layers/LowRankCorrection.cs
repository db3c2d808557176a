using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>
/// y += B·(A·x) beside a layer's own product (EoRA, arXiv 2410.21271; LoRA, arXiv 2106.09685). Factors meet floats: they are small, and there to be exact.
/// </summary>
internal sealed unsafe class LowRankCorrection : IDisposable
{
    /// <summary>A·x of so many tokens at a time; each token is computed alone, so the number decides nothing but memory.</summary>
    public const int TokensAtOnce = 64;

    private readonly Linear _a;
    private readonly Linear _b;
    private readonly ActivationBuffer _inner;
    private readonly bool _ownsInner;

    public LowRankCorrection(CorrectedMatrix matrix, KernelSet kernels, WorkerPool pool)
        : this(matrix.A, matrix.B, kernels, pool, new ActivationBuffer(TokensAtOnce, matrix.A.Rows))
    {
        _ownsInner = true;
    }

    /// <param name="a">[rank, columns].</param>
    /// <param name="b">[rows, rank].</param>
    /// <param name="kernels">Where kernels come from.</param>
    /// <param name="pool">Who computes.</param>
    /// <param name="inner">Room for A·x of <see cref="TokensAtOnce"/> tokens; it stays the caller's.</param>
    public LowRankCorrection(DenseMatrix a, DenseMatrix b, KernelSet kernels, WorkerPool pool, ActivationBuffer inner)
    {
        _a = new Linear(a, null, kernels, pool, int8Activations: false);
        _b = new Linear(b, null, kernels, pool, int8Activations: false, accumulates: true);
        _inner = inner;
    }

    /// <summary>Adds the correction of some rows of <paramref name="input"/> to the layer's output.</summary>
    public void Add(ActivationBuffer input, int firstToken, int tokenCount, float* y, int yStride, WorkerLane lane)
    {
        for (int token = 0; token < tokenCount; token += TokensAtOnce)
        {
            int count = Math.Min(TokensAtOnce, tokenCount - token);
            _a.Forward(input, firstToken + token, count, _inner.Row(0), _inner.Stride, lane);
            _inner.MarkWritten();
            _b.Forward(_inner, 0, count, y + ((long)token * yStride), yStride, lane);
        }
    }

    public void Dispose()
    {
        if (_ownsInner)
        {
            _inner.Dispose();
        }
    }
}
