using Sparrow.Compression.Calibration;
using Sparrow.Compression.Pipeline;

namespace Sparrow.Compression.Steps;

/// <summary>The factored Hessian of the input that was asked for last: linears that share an input stand next to each other, and one factor is kept.</summary>
internal sealed class HessianOfInput(BlockContext block, double damping)
{
    private LayerStatistics? _of;
    private HessianFactor? _factor;

    /// <summary>The factor, more damped than asked for where that was needed; null where nothing helps. Both are reported, once an input.</summary>
    public HessianFactor? Find(LinearState linear)
    {
        LayerStatistics statistics = linear.Statistics;
        if (!ReferenceEquals(statistics, _of))
        {
            _of = statistics;
            _factor = HessianFactor.TryCreate(statistics.Gram(), linear.Columns, statistics.HessianScale, damping, block.Pool);
            Warn(block, linear, _factor, damping);
        }

        return _factor;
    }

    public static void Warn(BlockContext block, LinearState linear, HessianFactor? factor, double damping)
    {
        if (factor is null)
        {
            block.Warn($"the Hessian of the input '{linear.Input!.Name}' cannot be factored with any damping");
        }
        else if (factor.Damping > damping)
        {
            block.Warn($"the Hessian of the input '{linear.Input!.Name}' needed a damping of {factor.Damping:0.######} in place of {damping:0.######}");
        }
    }
}
