using System.Text.Json.Nodes;
using Sparrow.Compression.Calibration;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Quantization;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>Prunes and rounds in one sweep: see <see cref="JointSparseGpt"/>.</summary>
internal sealed class JointQuantizeStep(RecipeArguments arguments) : QuantizeStep(arguments)
{
    public static readonly StepDefinition Definition = new(
        "quantize",
        "sparsegpt",
        "Prunes and rounds in one sweep, one grid a row (arXiv 2301.00774).",
        new RecipeShape(
            PruneTargets.Sparsity, PruneTargets.Pattern, PruneTargets.Damping, PruneTargets.Count, QuantizeMembers.Bits, QuantizeMembers.Symmetric,
            QuantizeMembers.Scales, QuantizeMembers.Embeddings)
        {
            Exclusive = [["sparsity", "pattern"]],
            AnyOf = [["sparsity", "pattern"]],
        },
        arguments => new JointQuantizeStep(arguments));

    private readonly PruneTarget _target = PruneTargets.Read(arguments);

    public override StatisticsNeed Needs => StatisticsNeed.Gram;

    protected override bool KeepsZeros => false;

    public override JsonObject? Prepare(ModelContext model)
    {
        StepChecks.RequireGroups(model, _target.GroupSize, Arguments, "pattern");
        return base.Prepare(model);
    }

    protected override void Quantize(BlockContext block)
    {
        HessianOfInput hessians = new(block, Arguments.Number("damping"));
        foreach (LinearState linear in block.Linears)
        {
            if (linear.Mask is not null)
            {
                throw new RecipeException(Arguments.Path, $"the step chooses its own mask, and {linear.Name} is pruned already");
            }

            StepChecks.Guard(linear, () => Quantize(block, linear, hessians.Find(linear)));
        }
    }

    private bool Quantize(BlockContext block, LinearState linear, HessianFactor? factor)
    {
        if (factor is null)
        {
            linear.Prune("wanda", WandaPruneStep.Mask(block, linear, _target));
            linear.Quantize("rtn", Round(linear, Scheme, block.Pool));
            return false;
        }

        SparseGptOptions options = new() { Rule = PruneTargets.ReadCount(Arguments) };
        QuantizedMatrix matrix = JointSparseGpt.Quantize(
            linear.Values, linear.Rows, linear.Columns, factor, _target, Scheme, options, block.Pool).Matrix;
        linear.Prune("sparsegpt", matrix.Mask!);
        linear.Quantize("sparsegpt", matrix);
        return true;
    }
}
