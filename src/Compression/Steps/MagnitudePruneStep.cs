using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>Prunes what is smallest: see <see cref="MagnitudePruner"/>.</summary>
internal sealed class MagnitudePruneStep(PruneTarget target, bool perRow) : CompressionStep
{
    public static readonly StepDefinition Definition = new(
        "prune",
        "magnitude",
        "Prunes the weights of smallest magnitude; needs no calibration.",
        PruneTargets.Shape(RecipeMember.Choice("scope", "Whether weights compete within a matrix or within a row.", ["tensor", "row"], "tensor")),
        arguments => new MagnitudePruneStep(PruneTargets.Read(arguments), arguments.Text("scope") == "row"));

    public override void Apply(BlockContext block)
    {
        foreach (LinearState linear in block.Linears)
        {
            linear.Prune("magnitude", perRow
                ? MagnitudePruner.PrunePerRow(linear.Values, linear.Rows, linear.Columns, target, block.Pool)
                : MagnitudePruner.PrunePerTensor(linear.Values, linear.Rows, linear.Columns, target, pool: block.Pool));
        }
    }
}
