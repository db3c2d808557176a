using Sparrow.Compression.Pruning;

namespace Sparrow.Compression.Quantization;

/// <summary>The kept weights of a group: what a grid is fitted to, so that weights about to vanish do not widen its range.</summary>
internal static class MaskedGroup
{
    /// <summary>Returns the values themselves where there is no mask, else the kept ones, moved together in <paramref name="scratch"/>.</summary>
    /// <param name="values">The group.</param>
    /// <param name="mask">Kept weights, or null.</param>
    /// <param name="row">The group's row in the mask.</param>
    /// <param name="firstColumn">The group's first column in the mask.</param>
    /// <param name="scratch">Room for the group.</param>
    public static ReadOnlySpan<float> Kept(ReadOnlySpan<float> values, PruneMask? mask, int row, int firstColumn, Span<float> scratch)
    {
        if (mask is null)
        {
            return values;
        }

        int count = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (mask.IsKept(row, firstColumn + i))
            {
                scratch[count++] = values[i];
            }
        }

        return scratch[..count];
    }
}
