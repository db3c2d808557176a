using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Quantization;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>Scales channels by what they carry, clips, and rounds: see <see cref="AwqScaleSearch"/> and <see cref="AwqClipSearch"/>.</summary>
internal sealed class AwqQuantizeStep(RecipeArguments arguments) : QuantizeStep(arguments)
{
    public static readonly StepDefinition Definition = new(
        "quantize",
        "awq",
        "Gives channels of large inputs a finer share of the grid, folded into what makes them; then clips and rounds (arXiv 2306.00978).",
        new RecipeShape(
            QuantizeMembers.Bits, QuantizeMembers.GroupSize, QuantizeMembers.Symmetric, QuantizeMembers.Scales,
            RecipeMember.Flag("clip", "Whether groups are clipped where that lowers the error.", true),
            RecipeMember.Flag("weigh_weights", "Whether scales also go by the size of the channel's weights."),
            QuantizeMembers.Embeddings),
        arguments => new AwqQuantizeStep(arguments));

    public override StatisticsNeed Needs => StatisticsNeed.Gram;

    protected override void Quantize(BlockContext block)
    {
        // 1. All searches before any folding, as the published program does: each sees the layers as they came.
        IReadOnlyList<AwqGroup> groups = AwqGroup.Of(block);
        float[][] scales = [.. groups.Select(group => StepChecks.Guard(group.Linears[0], () => Search(block, group)))];

        // 2. Fold, statistics included: later steps and the clips see the inputs that the folded linears will have.
        for (int i = 0; i < groups.Count; i++)
        {
            Fold(block, groups[i], scales[i]);
        }

        // 3. Clip all but queries and keys, whose product is what counts, and round.
        foreach (LinearState linear in block.Linears)
        {
            bool inProduct = linear.Name.Contains("q_proj", StringComparison.Ordinal) || linear.Name.Contains("k_proj", StringComparison.Ordinal);
            StepChecks.Guard(linear, () =>
            {
                if (Arguments.Flag("clip") && !inProduct)
                {
                    Clip(block, linear);
                }

                linear.Quantize("awq", Round(linear, Scheme, block.Pool));
                return true;
            });
        }
    }

    private float[] Search(BlockContext block, AwqGroup group)
    {
        AwqLinear[] linears = [.. group.Linears.Select(linear => new AwqLinear(linear.Values, linear.Rows, linear.Columns))];
        Calibration.LayerStatistics statistics = group.Linears[0].Statistics;
        Func<IReadOnlyList<float[]>, double> loss =
            AwqScaleSearch.OutputLoss(linears, statistics.Gram(), statistics.Channels.TokenCount, block.Pool);
        return AwqScaleSearch.Search(linears, statistics.Channels.Magnitudes(), Scheme, loss, Arguments.Flag("weigh_weights"), block.Pool).Scales;
    }

    private static void Fold(BlockContext block, AwqGroup group, float[] scales)
    {
        foreach (LinearState linear in group.Linears)
        {
            linear.FoldColumns(scales);
        }

        group.Linears[0].Statistics.DivideChannels(scales);
        string maker = group.Norm ?? group.Previous!.Name[block.Prefix.Length..^".weight".Length];
        float[] bias = block.FindVector($"{maker}.bias") is { } stored ? [.. stored] : [];
        if (group.Previous is { } previous)
        {
            previous.FoldRows(scales);
            for (int i = 0; i < bias.Length; i++)
            {
                bias[i] /= scales[i];
            }
        }
        else
        {
            float[] gain = [.. block.FindVector($"{maker}.weight")!];
            AwqFolding.DivideNorm(gain, bias, scales, block.Config.NormWeightsLessOne ? 1 : 0);
            block.SetVector($"{maker}.weight", gain);
        }

        if (bias.Length > 0)
        {
            block.SetVector($"{maker}.bias", bias);
        }
    }

    private void Clip(BlockContext block, LinearState linear)
    {
        float[] values = [.. linear.Values];
        float[] limits = AwqClipSearch.Search(values, linear.Rows, linear.Columns, linear.Statistics.Gram(), Scheme, block.Pool);
        AwqClipSearch.Apply(values, limits);
        linear.Change("awq", values);
    }
}
