using System.Text.Json;
using Sparrow.Compression.Pruning;
using Xunit;

namespace Sparrow.Compression.Tests;

/// <summary>Masks as test data.</summary>
internal static class Masks
{
    public static PruneMask Stored(JsonElement keep)
    {
        int[] shape = keep.Shape();
        byte[] bits = keep.Bytes();
        PruneMask mask = new(shape[0], shape[1]);
        for (int index = 0; index < bits.Length; index++)
        {
            mask.Set(index / shape[1], index % shape[1], bits[index] != 0);
        }

        return mask;
    }

    public static int[] PrunedColumns(this PruneMask mask, int row) =>
        [.. Enumerable.Range(0, mask.Columns).Where(column => !mask.IsKept(row, column))];

    public static void AssertPattern(this PruneMask mask, int prunePerGroup, int groupSize)
    {
        for (int row = 0; row < mask.Rows; row++)
        {
            foreach (IGrouping<int, int> group in Enumerable.Range(0, mask.Columns).GroupBy(column => column / groupSize))
            {
                Assert.Equal(prunePerGroup, group.Count(column => !mask.IsKept(row, column)));
            }
        }
    }
}
