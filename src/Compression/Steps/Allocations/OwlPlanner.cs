using Sparrow.Compression.Allocation;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps.Allocations;

/// <summary>Sparsity by block from the outliers among its Wanda scores: see <see cref="OwlAllocation"/>.</summary>
internal static class OwlPlanner
{
    public static readonly RecipeVariant Variant = new(
        "owl",
        "Blocks with more outliers keep more (arXiv 2310.05175).",
        new RecipeShape(
            RecipeMember.Number("lambda", "Half the range of the blocks' densities.", 0, 0.5, OwlAllocation.DefaultLambda),
            RecipeMember.Number("outlier", "An outlier is a score above so many times its block's mean.", 1, 1000, 5)));

    public static IReadOnlyDictionary<string, double> Decide(ModelContext model, RecipeArguments arguments, double sparsity, PruneStep step)
    {
        double[] percents = new double[model.Config.LayerCount];
        model.ForEachBlock(StatisticsNeed.Channels, block =>
        {
            if (block.Linears.Count > 0)
            {
                percents[block.Layer] = Percent(block, arguments.Number("outlier"));
            }

            model.Report((block.Layer + 1.0) / model.Config.LayerCount);
        });
        return AllocationMethods.ByBlock(model, OwlAllocation.Allocate(percents, sparsity, arguments.Number("lambda")));
    }

    private static double Percent(BlockContext block, double multiple)
    {
        OwlOutliers outliers = new();
        foreach (LinearState linear in block.Linears)
        {
            outliers.AddToMean(linear.Values, linear.Columns, linear.Statistics.Channels.SquaredNorms());
        }

        outliers.SetThreshold(multiple);
        foreach (LinearState linear in block.Linears)
        {
            outliers.Count(linear.Values, linear.Columns, linear.Statistics.Channels.SquaredNorms());
        }

        return outliers.Percent();
    }
}
