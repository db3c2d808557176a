using System.Diagnostics;

namespace Sparrow.Compression.KvTuning;

/// <summary>
/// Groups layers that keep the same pairs and lose alike by them (KVTuner, arXiv 2502.04420, section 5.2): DBSCAN with a radius and two points as the
/// least cluster, which is connected components of the graph "no farther than the radius"; a layer without neighbours is a group of its own.
/// </summary>
internal static class LayerClusters
{
    /// <summary>Groups layers; every layer is in one group, groups and layers ascend.</summary>
    /// <param name="kinds">What must be equal within a group.</param>
    /// <param name="losses">A vector a layer; equally long within a kind.</param>
    /// <param name="radius">Euclidean distance of neighbours.</param>
    public static List<int[]> Find(IReadOnlyList<string> kinds, IReadOnlyList<double[]> losses, double radius)
    {
        Debug.Assert(kinds.Count == losses.Count, "Every layer has a kind and losses.");
        int[] roots = [.. Enumerable.Range(0, kinds.Count)];
        for (int i = 0; i < kinds.Count; i++)
        {
            for (int j = i + 1; j < kinds.Count; j++)
            {
                if (kinds[i] == kinds[j] && Distance(losses[i], losses[j]) <= radius)
                {
                    roots[Root(roots, j)] = Root(roots, i);
                }
            }
        }

        return [.. Enumerable.Range(0, kinds.Count).GroupBy(layer => Root(roots, layer)).Select(group => group.ToArray())];
    }

    private static int Root(int[] roots, int layer)
    {
        while (roots[layer] != layer)
        {
            layer = roots[layer];
        }

        return layer;
    }

    private static double Distance(double[] left, double[] right) => Math.Sqrt(left.Zip(right, (a, b) => (a - b) * (a - b)).Sum());
}
