using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>Swaps kept and pruned weights within rows: see <see cref="DsnotRefiner"/>.</summary>
internal sealed class DsnotRefineStep(RecipeArguments arguments) : CompressionStep
{
    // The published threshold is a sum over a sequence of so many tokens.
    private const double ThresholdTokens = 2048;

    public static readonly StepDefinition Definition = new(
        "refine",
        "dsnot",
        "Swaps kept and pruned weights within rows until outputs shift less (arXiv 2310.08915).",
        new RecipeShape(
            RecipeMember.Choice(
                "dialect", "The published program, or ours that never raises a row's squared error.", ["guarded", "released"], "guarded"),
            RecipeMember.Choice("layers", "Which linears; by default attention where released and all where guarded.", ["attention", "all"]),
            RecipeMember.Integer("max_swaps", "Most swaps of a row.", 0, 1_000_000, 50),
            RecipeMember.Number("threshold", "Expected error below which a row is left alone, for sequences of 2,048 tokens.", 0, 1e9, 0.1),
            RecipeMember.Number("variance_power", "Power of the variance that discounts noisy channels.", 0, 10, 1)),
        arguments => new DsnotRefineStep(arguments));

    private readonly bool _guarded = arguments.Text("dialect") == "guarded";

    public override StatisticsNeed Needs => _guarded ? StatisticsNeed.Gram : StatisticsNeed.Channels;

    private bool AttentionOnly => (arguments.FindText("layers") ?? (_guarded ? "all" : "attention")) == "attention";

    public override void Apply(BlockContext block)
    {
        foreach (LinearState linear in block.Linears)
        {
            if (AttentionOnly && !linear.Name.Contains(".self_attn.", StringComparison.Ordinal))
            {
                continue;
            }

            if (linear.Mask is null || linear.Quantized is not null)
            {
                throw new RecipeException(
                    arguments.Path, $"a mask is refined right after it was chosen, and {linear.Name} is {(linear.Mask is null ? "not pruned" : "quantised")}");
            }

            float[] values = linear.ReadOriginal();
            DsnotResult result = StepChecks.Guard(linear, () => Refine(block, linear, values));
            linear.Measure("dsnot_swaps", result.Swaps.Sum());
            linear.Measure("dsnot_rejected_rows", result.RejectedRows);
            linear.Refine("dsnot", result.Mask, values);
        }
    }

    private DsnotResult Refine(BlockContext block, LinearState linear, float[] values)
    {
        DsnotStatistics statistics = DsnotStatistics.From(linear.Statistics);
        double tokens = (double)linear.Statistics.Channels.TokenCount / linear.Statistics.Channels.SequenceCount;
        DsnotOptions options = (_guarded ? DsnotOptions.Guarded : DsnotOptions.Released) with
        {
            MaxSwaps = arguments.Integer("max_swaps"),
            Threshold = arguments.Number("threshold") * tokens / ThresholdTokens,
            VariancePower = arguments.Number("variance_power"),
            WalksOn = !_guarded,
        };
        return DsnotRefiner.Refine(
            values, linear.Rows, linear.Columns, linear.Mask!, statistics, options, MaskPattern.Find(linear.Mask!),
            linear.Methods[^1] == "magnitude", block.Pool);
    }
}
