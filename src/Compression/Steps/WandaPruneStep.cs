using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;

namespace Sparrow.Compression.Steps;

/// <summary>Prunes by magnitude times input norm: see <see cref="WandaPruner"/>.</summary>
internal sealed class WandaPruneStep(PruneTarget target) : CompressionStep
{
    public static readonly StepDefinition Definition = new(
        "prune",
        "wanda",
        "Prunes by magnitude times the norm of the input channel (arXiv 2306.11695).",
        PruneTargets.Shape(),
        arguments => new WandaPruneStep(PruneTargets.Read(arguments)));

    public override StatisticsNeed Needs => StatisticsNeed.Channels;

    public override void Apply(BlockContext block)
    {
        foreach (LinearState linear in block.Linears)
        {
            float[] squaredNorms = linear.Statistics.Channels.SquaredNorms();
            linear.Prune("wanda", WandaPruner.Prune(
                linear.Values, linear.Rows, linear.Columns, squaredNorms, target, block.Pool));
        }
    }
}
