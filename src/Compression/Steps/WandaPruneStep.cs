using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>Prunes by magnitude times input norm: see <see cref="WandaPruner"/>.</summary>
internal sealed class WandaPruneStep(RecipeArguments arguments) : PruneStep(arguments)
{
    public static readonly StepDefinition Definition = new(
        "prune",
        "wanda",
        "Prunes by magnitude times the norm of the input channel (arXiv 2306.11695).",
        PruneTargets.Shape(),
        arguments => new WandaPruneStep(arguments));

    protected override StatisticsNeed MethodNeeds => StatisticsNeed.Channels;

    /// <summary>The mask of least effort: also what methods fall back to that cannot factor a Hessian.</summary>
    public static PruneMask Mask(BlockContext block, LinearState linear, PruneTarget target) => WandaPruner.Prune(
        linear.Values, linear.Rows, linear.Columns, linear.Statistics.Channels.SquaredNorms(), target, block.Pool);

    protected override PrunedLinear PruneLinear(BlockContext block, LinearState linear, PruneTarget target, HessianOfInput hessians) =>
        new("wanda", Mask(block, linear, target));
}
