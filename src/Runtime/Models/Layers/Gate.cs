using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>gate = activation(gate) · up, for each token: the middle of a gated MLP (Shazeer, 2020).</summary>
internal sealed unsafe class Gate(Activation activation, KernelSet kernels, WorkerPool pool) : TokenWork
{
    private readonly GateKernel _kernel = activation switch
    {
        Activation.Silu => kernels.GateSilu,
        Activation.Gelu => kernels.GateGelu,
        Activation.GeluTanh => kernels.GateGeluTanh,
        Activation.Relu => kernels.GateRelu,
        _ => throw new ArgumentOutOfRangeException(nameof(activation)),
    };

    private ActivationBuffer _gate = null!;
    private ActivationBuffer? _up;

    /// <param name="gate">Becomes the result.</param>
    /// <param name="up">The factor; null where the MLP has no gate.</param>
    /// <param name="tokenCount">Tokens.</param>
    /// <param name="lane">Whose turn at the pool.</param>
    public void Forward(ActivationBuffer gate, ActivationBuffer? up, int tokenCount, WorkerLane lane)
    {
        _gate = gate;
        _up = up;
        Run(tokenCount, pool, lane);
        gate.MarkWritten();
    }

    protected override void Execute(int start, int end)
    {
        for (int token = start; token < end; token++)
        {
            _kernel(_gate.Row(token), _up is null ? null : _up.Row(token), _gate.Columns);
        }
    }
}
