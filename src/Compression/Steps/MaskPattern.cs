using Sparrow.Compression.Pruning;

namespace Sparrow.Compression.Steps;

/// <summary>Tells from a mask by itself whether it keeps n of every m weights, so that later steps need not be told.</summary>
internal static class MaskPattern
{
    private static readonly PruneTarget[] s_patterns = [PruneTarget.Structured(2, 4), PruneTarget.Structured(4, 8)];

    /// <summary>The pattern that every group follows; the default where none does.</summary>
    public static PruneTarget Find(PruneMask mask) => s_patterns.FirstOrDefault(pattern => Follows(mask, pattern));

    private static bool Follows(PruneMask mask, PruneTarget pattern)
    {
        if (mask.Columns % pattern.GroupSize != 0)
        {
            return false;
        }

        for (int row = 0; row < mask.Rows; row++)
        {
            for (int start = 0; start < mask.Columns; start += pattern.GroupSize)
            {
                int pruned = 0;
                for (int column = start; column < start + pattern.GroupSize; column++)
                {
                    pruned += mask.IsKept(row, column) ? 0 : 1;
                }

                if (pruned != pattern.PrunePerGroup)
                {
                    return false;
                }
            }
        }

        return true;
    }
}
