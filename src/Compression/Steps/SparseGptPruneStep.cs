using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>Prunes column by column and makes up for it on the right: see <see cref="SparseGptPruner"/>.</summary>
internal sealed class SparseGptPruneStep(RecipeArguments arguments) : PruneStep(arguments)
{
    public static readonly StepDefinition Definition = new(
        "prune",
        "sparsegpt",
        "Prunes column by column; the weights to the right make up for what goes (arXiv 2301.00774).",
        PruneTargets.Shape(PruneTargets.Damping, PruneTargets.Count),
        arguments => new SparseGptPruneStep(arguments));

    protected override StatisticsNeed MethodNeeds => StatisticsNeed.Gram;

    protected override PrunedLinear PruneLinear(BlockContext block, LinearState linear, PruneTarget target, HessianOfInput hessians)
    {
        if (hessians.Find(linear) is not { } factor)
        {
            return new PrunedLinear("wanda", WandaPruneStep.Mask(block, linear, target));
        }

        float[] values = [.. linear.Values];
        SparseGptOptions options = new() { Rule = PruneTargets.ReadCount(Arguments) };
        SparseGptResult result = SparseGptPruner.Prune(values, linear.Rows, linear.Columns, factor, target, options, block.Pool);
        return new PrunedLinear("sparsegpt", result.Mask, values);
    }
}
