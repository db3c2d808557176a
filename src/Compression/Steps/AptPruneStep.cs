using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>Prunes and finds the best weights that the mask allows: see <see cref="AptMasker"/> and <see cref="AptCompensator"/>.</summary>
internal sealed class AptPruneStep(RecipeArguments arguments) : PruneStep(arguments)
{
    public static readonly StepDefinition Definition = new(
        "prune",
        "apt",
        "Prunes and changes all kept weights at once to those of least error (arXiv 2410.15567).",
        PruneTargets.Shape(
            RecipeMember.Choice(
                "mask", "Who chooses the mask: each weight's own loss, all sets of a group, or another method.", ["single", "joint", "sparsegpt", "wanda"], "sparsegpt"),
            PruneTargets.Damping,
            RecipeMember.Number("tolerance", "Residual at which a row is solved, relative to where it began.", 1e-12, 1, 1e-4),
            RecipeMember.Integer("max_iterations", "Most iterations of a row.", 1, 10_000, 100)),
        Create);

    protected override StatisticsNeed MethodNeeds => StatisticsNeed.Gram;

    protected override PrunedLinear PruneLinear(BlockContext block, LinearState linear, PruneTarget target, HessianOfInput hessians)
    {
        if (hessians.Find(linear) is not { } factor)
        {
            return new PrunedLinear("wanda", WandaPruneStep.Mask(block, linear, target));
        }

        // The sweep over the same mask is where the iteration starts, so that it never ends above it.
        int rows = linear.Rows;
        int columns = linear.Columns;
        float[] dense = linear.Values;
        float[] values = [.. dense];
        PruneMask? chosen = Arguments.Text("mask") switch
        {
            "single" => AptMasker.ChooseSingle(dense, rows, columns, factor, target, block.Pool),
            "joint" => AptMasker.ChooseJoint(dense, rows, columns, factor, target, block.Pool),
            "wanda" => WandaPruneStep.Mask(block, linear, target),
            _ => null,
        };
        SparseGptResult swept = SparseGptPruner.Prune(values, rows, columns, factor, target, new SparseGptOptions { Mask = chosen }, block.Pool);
        AptOptions options = new() { Tolerance = Arguments.Number("tolerance"), MaxIterations = Arguments.Integer("max_iterations") };
        AptResult result = AptCompensator.Compensate(
            dense, values, rows, columns, swept.Mask, linear.Statistics.Gram(), linear.Statistics.HessianScale, factor, options, block.Pool);

        // By the theorem no row; what is left to rounding is not counted.
        linear.Measure("rows_above_sparsegpt", result.Errors.Zip(result.InitialErrors).Count(row => row.First > row.Second * (1 + 1e-6)));
        linear.Measure("share_of_sparsegpt_error", result.InitialErrors.Sum() is var initial and > 0 ? result.Errors.Sum() / initial : 1);
        return new PrunedLinear("apt", swept.Mask, values);
    }

    private static AptPruneStep Create(RecipeArguments arguments) =>
        arguments.Text("mask") == "joint" && !arguments.Has("pattern")
            ? throw arguments.Error("mask", "sets of weights are compared within groups; give a pattern")
            : new AptPruneStep(arguments);
}
