using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>hidden += scale · branch, for each token.</summary>
internal sealed unsafe class ResidualAdd(float scale, KernelSet kernels, WorkerPool pool) : TokenWork
{
    private ActivationBuffer _hidden = null!;
    private ActivationBuffer _branch = null!;

    public void Forward(ActivationBuffer hidden, ActivationBuffer branch, int tokenCount, WorkerLane lane)
    {
        _hidden = hidden;
        _branch = branch;
        Run(tokenCount, pool, lane);
        hidden.MarkWritten();
    }

    protected override void Execute(int start, int end)
    {
        for (int token = start; token < end; token++)
        {
            kernels.AddScaled(_hidden.Row(token), _branch.Row(token), scale, _hidden.Columns);
        }
    }
}
