using Sparrow.Compression.Allocation;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Steps.Allocations;

/// <summary>Sparsity by block from how alike the states entering the blocks are: see <see cref="RmiAllocation"/>.</summary>
internal static class RmiPlanner
{
    // The product between sequences goes through copies in double: a slice of this many tokens keeps them in the caches.
    private const int SliceTokens = 16;

    public static readonly RecipeVariant Variant = new(
        "rmi",
        "Blocks whose input is like that of the others give more (LoSA, arXiv 2502.14816).",
        new RecipeShape(RecipeMember.Number("range", "How far a block may be from the mean; by default 0.01 to 0.03, growing with the sparsity.", 0, 0.5)));

    public static IReadOnlyDictionary<string, double> Decide(ModelContext model, RecipeArguments arguments, double sparsity, PruneStep step)
    {
        double[] redundancy = Redundancy(model, model.Source, model.Segments, model.Report);
        return AllocationMethods.ByBlock(model, RmiAllocation.Allocate(redundancy, sparsity, arguments.FindNumber("range")));
    }

    /// <summary>How much each block's input is like those of the others, over the same positions of all sequences.</summary>
    /// <param name="model">Kernels and threads.</param>
    /// <param name="checkpoint">The model in question.</param>
    /// <param name="segments">At least two sequences.</param>
    /// <param name="report">Receives the share that is done.</param>
    /// <exception cref="RecipeException">There is one sequence or none.</exception>
    public static double[] Redundancy(ModelContext model, Checkpoint checkpoint, IReadOnlyList<int[]> segments, Action<double> report)
    {
        // 1. The same positions of every sequence.
        int sequences = segments.Count;
        int tokens = sequences == 0 ? 0 : segments.Min(segment => segment.Length);
        if (sequences < 2)
        {
            throw new RecipeException("calibration", "the allocation 'rmi' compares sequences and needs at least two of them");
        }

        // 2. All sequences through the model, block by block.
        int width = model.Config.HiddenSize;
        using BlockWalk walk = model.OpenWalk(checkpoint, tokens);
        float[][] states = new float[sequences][];
        for (int i = 0; i < sequences; i++)
        {
            states[i] = new float[tokens * width];
            walk.Embed(segments[i].AsSpan(0, tokens), states[i]);
        }

        List<double[]> grams = [];
        float[] slice = new float[sequences * SliceTokens * width];
        for (int layer = 0; layer < model.Config.LayerCount; layer++)
        {
            double[] gram = new double[sequences * sequences];
            for (int first = 0; first < tokens; first += SliceTokens)
            {
                int length = Math.Min(SliceTokens, tokens - first) * width;
                for (int i = 0; i < sequences; i++)
                {
                    states[i].AsSpan(first * width, length).CopyTo(slice.AsSpan(i * length));
                }

                RepresentationSimilarity.AddTo(gram, slice.AsSpan(0, sequences * length), sequences);
            }

            grams.Add(gram);
            if (layer < model.Config.LayerCount - 1)
            {
                walk.LoadBlock(layer);
                foreach (float[] state in states)
                {
                    model.Cancellation.ThrowIfCancellationRequested();
                    walk.RunBlock(state);
                }
            }

            report((layer + 1.0) / model.Config.LayerCount);
        }

        return RmiAllocation.Redundancy(RepresentationSimilarity.Matrix(grams, sequences), grams.Count);
    }
}
