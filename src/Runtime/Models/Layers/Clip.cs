using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>Keeps every value of each token within ± a limit.</summary>
internal sealed unsafe class Clip(float limit, WorkerPool pool) : TokenWork
{
    private ActivationBuffer _x = null!;

    public void Forward(ActivationBuffer x, int tokenCount, WorkerLane lane)
    {
        _x = x;
        Run(tokenCount, pool, lane);
        x.MarkWritten();
    }

    protected override void Execute(int start, int end)
    {
        for (int token = start; token < end; token++)
        {
            foreach (ref float value in new Span<float>(_x.Row(token), _x.Columns))
            {
                value = Math.Clamp(value, -limit, limit);
            }
        }
    }
}
