using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>y += B·(A·x) beside a layer's own product (EoRA, arXiv 2410.21271). Factors meet floats: they are small, and there to be exact.</summary>
internal sealed unsafe class LowRankCorrection : IDisposable
{
    // A·x of so many tokens at a time; each token is computed alone, so the number decides nothing but memory.
    private const int TokensAtOnce = 64;

    private readonly Linear _a;
    private readonly Linear _b;
    private readonly ActivationBuffer _inner;

    public LowRankCorrection(CorrectedMatrix matrix, KernelSet kernels, WorkerPool pool)
    {
        _a = new Linear(matrix.A, null, kernels, pool, int8Activations: false);
        _b = new Linear(matrix.B, null, kernels, pool, int8Activations: false, accumulates: true);
        _inner = new ActivationBuffer(TokensAtOnce, matrix.A.Rows);
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

    public void Dispose() => _inner.Dispose();
}
