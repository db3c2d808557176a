using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>Prunes what is smallest: see <see cref="MagnitudePruner"/>.</summary>
internal sealed class MagnitudePruneStep(RecipeArguments arguments) : PruneStep(arguments)
{
    public static readonly StepDefinition Definition = new(
        "prune",
        "magnitude",
        "Prunes the weights of smallest magnitude; needs no calibration.",
        PruneTargets.Shape(
            RecipeMember.Choice("scope", "Whether weights compete within a matrix or within a row.", ["tensor", "row"], "tensor"), PruneTargets.Count),
        arguments => new MagnitudePruneStep(arguments));

    protected override PrunedLinear PruneLinear(BlockContext block, LinearState linear, PruneTarget target, HessianOfInput hessians) =>
        new("magnitude", Arguments.Text("scope") == "row"
            ? MagnitudePruner.PrunePerRow(linear.Values, linear.Rows, linear.Columns, target, block.Pool)
            : MagnitudePruner.PrunePerTensor(
                linear.Values, linear.Rows, linear.Columns, target, PruneTargets.ReadCount(Arguments), block.Pool));
}
