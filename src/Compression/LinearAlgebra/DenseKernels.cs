using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Compression.LinearAlgebra;

/// <summary>Single-threaded matrix kernels for float and double.</summary>
internal static class DenseKernels
{
    // Four rows by two vectors: eight independent sums hide the latency of a fused multiply-add on two ports.
    private const int GroupRows = 4;

    // 128 steps of a strip are 16 KiB: they stay in the first cache while all rows walk over them.
    private const int DepthBlock = 128;

    /// <summary>Most rows of one call.</summary>
    public const int MaxRows = 64;

    /// <summary>
    /// c[i, j] += (or −=) Σ_k a(i, k) · b[k, j] with a(i, k) = a[i·aRow + k·aStep], so that the left side may be stored either way round.
    /// </summary>
    /// <remarks>
    /// Each output is summed over blocks of 128 steps in ascending order, so its value does not depend on which tile it was computed in. Both sides
    /// are packed first: with widths that are multiples of 1 KiB the rows of a strip would otherwise fall into the same few cache sets.
    /// </remarks>
    public static void Accumulate<T>(
        ReadOnlySpan<T> a, int aRow, int aStep, ReadOnlySpan<T> b, int bStride, Span<T> c, int cStride, int rows, int columns, int depth, bool subtract)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Debug.Assert(rows <= MaxRows, "The packed left side has room for the rows.");
        int width = Vector512<T>.Count * 2;
        int groups = (rows + GroupRows - 1) / GroupRows;
        Span<T> left = stackalloc T[MaxRows * DepthBlock];
        Span<T> strip = stackalloc T[DepthBlock * width];
        Span<T> tile = stackalloc T[GroupRows * width];
        for (int k0 = 0; k0 < depth; k0 += DepthBlock)
        {
            int steps = int.Min(DepthBlock, depth - k0);
            PackLeft(a, aRow, aStep, left, rows, groups, k0, steps);
            for (int j0 = 0; j0 < columns; j0 += width)
            {
                int present = int.Min(width, columns - j0);
                PackStrip(b[((k0 * bStride) + j0)..], bStride, strip, present, steps);
                for (int g = 0; g < groups; g++)
                {
                    MultiplyGroup(left.Slice(g * steps * GroupRows, steps * GroupRows), strip, tile, steps);
                    int groupRows = int.Min(GroupRows, rows - (g * GroupRows));
                    for (int r = 0; r < groupRows; r++)
                    {
                        Add(tile.Slice(r * width, present), c.Slice((((g * GroupRows) + r) * cStride) + j0, present), subtract);
                    }
                }
            }
        }
    }

    /// <summary>y += factor · x.</summary>
    public static void AddScaled<T>(ReadOnlySpan<T> x, T factor, Span<T> y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Debug.Assert(x.Length <= y.Length, "Both vectors have the length.");
        ref T source = ref MemoryMarshal.GetReference(x);
        ref T target = ref MemoryMarshal.GetReference(y);
        Vector512<T> scale = Vector512.Create(factor);
        int i = 0;
        for (; i <= x.Length - Vector512<T>.Count; i += Vector512<T>.Count)
        {
            Fma(Vector512.LoadUnsafe(ref source, (nuint)i), scale, Vector512.LoadUnsafe(ref target, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            y[i] = T.FusedMultiplyAdd(x[i], factor, y[i]);
        }
    }

    /// <summary>Σ x·y.</summary>
    public static T Dot<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Debug.Assert(x.Length <= y.Length, "Both vectors have the length.");
        ref T left = ref MemoryMarshal.GetReference(x);
        ref T right = ref MemoryMarshal.GetReference(y);
        Vector512<T> sum = Vector512<T>.Zero;
        int i = 0;
        for (; i <= x.Length - Vector512<T>.Count; i += Vector512<T>.Count)
        {
            sum = Fma(Vector512.LoadUnsafe(ref left, (nuint)i), Vector512.LoadUnsafe(ref right, (nuint)i), sum);
        }

        T total = Vector512.Sum(sum);
        for (; i < x.Length; i++)
        {
            total = T.FusedMultiplyAdd(x[i], y[i], total);
        }

        return total;
    }

    private static void PackLeft<T>(ReadOnlySpan<T> a, int aRow, int aStep, Span<T> left, int rows, int groups, int k0, int steps)
        where T : unmanaged
    {
        for (int i = 0; i < groups * GroupRows; i++)
        {
            int target = ((i / GroupRows) * steps * GroupRows) + (i % GroupRows);
            for (int k = 0; k < steps; k++)
            {
                left[target + (k * GroupRows)] = i < rows ? a[(i * aRow) + ((k0 + k) * aStep)] : default;
            }
        }
    }

    private static void PackStrip<T>(ReadOnlySpan<T> b, int bStride, Span<T> strip, int present, int steps)
        where T : unmanaged
    {
        int width = Vector512<T>.Count * 2;
        for (int k = 0; k < steps; k++)
        {
            ReadOnlySpan<T> source = b.Slice(k * bStride, present);
            Span<T> line = strip.Slice(k * width, width);
            if (present == width)
            {
                // Two moves instead of a call to copy, which a tile of few rows would feel.
                Vector512.Create(source).CopyTo(line);
                Vector512.Create(source[Vector512<T>.Count..]).CopyTo(line[Vector512<T>.Count..]);
                continue;
            }

            source.CopyTo(line);
            line[present..].Clear();
        }
    }

    private static void MultiplyGroup<T>(ReadOnlySpan<T> left, ReadOnlySpan<T> strip, Span<T> tile, int steps)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> a0 = Vector512<T>.Zero, a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
        int lanes = Vector512<T>.Count;
        ref T weights = ref MemoryMarshal.GetReference(left);
        ref T values = ref MemoryMarshal.GetReference(strip);
        Debug.Assert(left.Length >= steps * GroupRows && strip.Length >= steps * lanes * 2, "Both packed sides hold all steps.");
        for (int k = 0; k < steps; k++)
        {
            Vector512<T> x0 = Vector512.LoadUnsafe(ref values, (nuint)(k * lanes * 2));
            Vector512<T> x1 = Vector512.LoadUnsafe(ref values, (nuint)((k * lanes * 2) + lanes));
            Vector512<T> w = Vector512.Create(Unsafe.Add(ref weights, k * GroupRows));
            a0 = Fma(w, x0, a0);
            a1 = Fma(w, x1, a1);
            w = Vector512.Create(Unsafe.Add(ref weights, (k * GroupRows) + 1));
            b0 = Fma(w, x0, b0);
            b1 = Fma(w, x1, b1);
            w = Vector512.Create(Unsafe.Add(ref weights, (k * GroupRows) + 2));
            c0 = Fma(w, x0, c0);
            c1 = Fma(w, x1, c1);
            w = Vector512.Create(Unsafe.Add(ref weights, (k * GroupRows) + 3));
            d0 = Fma(w, x0, d0);
            d1 = Fma(w, x1, d1);
        }

        a0.CopyTo(tile);
        a1.CopyTo(tile[lanes..]);
        b0.CopyTo(tile[(2 * lanes)..]);
        b1.CopyTo(tile[(3 * lanes)..]);
        c0.CopyTo(tile[(4 * lanes)..]);
        c1.CopyTo(tile[(5 * lanes)..]);
        d0.CopyTo(tile[(6 * lanes)..]);
        d1.CopyTo(tile[(7 * lanes)..]);
    }

    private static void Add<T>(ReadOnlySpan<T> x, Span<T> y, bool subtract)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ref T source = ref MemoryMarshal.GetReference(x);
        ref T target = ref MemoryMarshal.GetReference(y);
        int i = 0;
        for (; i <= y.Length - Vector512<T>.Count; i += Vector512<T>.Count)
        {
            Vector512<T> old = Vector512.LoadUnsafe(ref target, (nuint)i);
            Vector512<T> change = Vector512.LoadUnsafe(ref source, (nuint)i);
            (subtract ? old - change : old + change).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < y.Length; i++)
        {
            y[i] = subtract ? y[i] - x[i] : y[i] + x[i];
        }
    }

    private static Vector512<T> Fma<T>(Vector512<T> a, Vector512<T> b, Vector512<T> c)
        where T : unmanaged =>
        typeof(T) == typeof(float)
            ? Vector512.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
            : Vector512.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();
}
