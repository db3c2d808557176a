using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Compression.Training;

/// <summary>Rows under a bit mask.</summary>
internal static class MaskedRows
{
    private static readonly Vector512<int> s_bits = Vector512.Create(
        1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);

    /// <summary>Clears the values whose bit is 0.</summary>
    /// <param name="words">A bit a value, as in <see cref="Pruning.PruneMask.RowWords"/>.</param>
    /// <param name="values">A row.</param>
    public static void Apply(ReadOnlySpan<ulong> words, Span<float> values)
    {
        Debug.Assert(words.Length * 64 >= values.Length, "There is a bit for each value.");
        ref float start = ref MemoryMarshal.GetReference(values);
        int column = 0;
        for (; column <= values.Length - 16; column += 16)
        {
            Vector512<int> bits = Vector512.Create((int)(words[column >> 6] >> (column & 63)) & 0xFFFF);
            Vector512<float> kept = Vector512.Equals(bits & s_bits, s_bits).AsSingle();
            (Vector512.LoadUnsafe(ref start, (nuint)column) & kept).StoreUnsafe(ref start, (nuint)column);
        }

        for (; column < values.Length; column++)
        {
            if ((words[column >> 6] >> (column & 63) & 1) == 0)
            {
                values[column] = 0;
            }
        }
    }
}
