using Sparrow.Compression.Calibration;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Quantization;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>Rounds column by column and makes up for it on the right: see <see cref="Gptq"/>.</summary>
internal sealed class GptqQuantizeStep(RecipeArguments arguments) : QuantizeStep(arguments)
{
    public static readonly StepDefinition Definition = new(
        "quantize",
        "gptq",
        "Rounds column by column; the weights to the right make up for each error (arXiv 2210.17323).",
        new RecipeShape(
            QuantizeMembers.Bits, QuantizeMembers.GroupSize, QuantizeMembers.Symmetric, QuantizeMembers.SearchRange, QuantizeMembers.Scales,
            PruneTargets.Damping,
            RecipeMember.Flag("act_order", "Whether columns of large inputs are rounded first."),
            RecipeMember.Flag("static_groups", "Whether all grids are fitted before the sweep."),
            QuantizeMembers.Embeddings),
        arguments => new GptqQuantizeStep(arguments));

    public override StatisticsNeed Needs => StatisticsNeed.Gram;

    protected override void Quantize(BlockContext block)
    {
        LayerStatistics? planned = null;
        GptqPlan? plan = null;
        foreach (LinearState linear in block.Linears)
        {
            if (!ReferenceEquals(planned, linear.Statistics))
            {
                planned = linear.Statistics;
                plan = StepChecks.Guard(linear, () => Plan(block, linear));
                HessianOfInput.Warn(block, linear, plan?.Factor, Arguments.Number("damping"));
            }

            if (plan is null)
            {
                linear.Quantize("rtn", StepChecks.Guard(linear, () => Round(linear, Scheme, block.Pool)));
                continue;
            }

            // What rounding alone would cost on the same inputs: the reader's measure of what the sweep is worth.
            QuantizedMatrix nearest = StepChecks.Guard(linear, () => Round(linear, Scheme, block.Pool));
            linear.Measure("rtn_squared_error", SquaredError.ByRow(
                linear.Values, nearest.Dequantize(block.Pool), linear.Rows, linear.Columns, linear.Statistics.Gram(), block.Pool).Sum());

            GptqOptions options = new() { Scheme = Scheme, StaticGroups = Arguments.Flag("static_groups"), Mask = linear.Mask };
            linear.Quantize("gptq", StepChecks.Guard(linear, () => Gptq.Quantize(
                linear.Values, linear.Rows, linear.Columns, plan, options, block.Pool)).Matrix);
        }
    }

    private GptqPlan? Plan(BlockContext block, LinearState linear) => GptqPlan.TryCreate(
        linear.Statistics.Gram(), linear.Columns, linear.Statistics.HessianScale, Arguments.Number("damping"), Arguments.Flag("act_order"), block.Pool);
}
