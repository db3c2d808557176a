using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>Wins back a part of what compression lost by a low-rank correction: see <see cref="Eora"/>.</summary>
internal sealed class EoraCompensateStep(RecipeArguments arguments) : CompressionStep
{
    public static readonly StepDefinition Definition = new(
        "compensate",
        "eora",
        "A low-rank correction of least output error, in closed form (arXiv 2410.21271).",
        new RecipeShape(
            RecipeMember.Integer("rank", "Rank of the correction; a smaller matrix gets its own full rank.", 1, 4096, 32),
            RecipeMember.Flag("merge", "Whether it is added to the kept weights in place of standing beside them.")),
        arguments => new EoraCompensateStep(arguments));

    public override StatisticsNeed Needs => StatisticsNeed.Gram;

    public override void Apply(BlockContext block)
    {
        foreach (LinearState linear in block.Linears)
        {
            if (!linear.IsChanged)
            {
                continue;
            }

            if (arguments.Flag("merge") && linear.Quantized is not null)
            {
                throw arguments.Error("merge", $"a correction cannot be merged into codes, and {linear.Name} is quantised");
            }

            float[] original = linear.ReadOriginal();
            int rank = Math.Min(arguments.Integer("rank"), Math.Min(linear.Rows, linear.Columns));
            EoraFactors factors = StepChecks.Guard(linear, () => Eora.Compute(
                original, linear.Values, linear.Rows, linear.Columns, linear.Statistics.Gram(), rank, block.Pool));
            linear.Measure("eora_error_before", factors.ErrorBefore);
            linear.Measure("eora_error_after", factors.ErrorAfter);
            if (arguments.Flag("merge"))
            {
                linear.Change("eora", factors.Merge(linear.Values));
            }
            else
            {
                linear.Correct("eora", factors);
            }
        }
    }
}
