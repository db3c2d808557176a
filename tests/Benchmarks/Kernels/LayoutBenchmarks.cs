using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Runtime.Threading;

namespace Sparrow.Benchmarks.Kernels;

/// <summary>The layouts of 4 bits and more with int8 activations through a layer of a 1.1 B model, in turns, as ratios of medians.</summary>
internal static class LayoutBenchmarks
{
    private const int Rows = 5632;
    private const int Columns = 2048;

    public static void Run(int threads, int rounds, int tokens)
    {
        using WorkerPool pool = new(threads);
        KernelSet kernels = KernelSet.Best;
        (string Name, Func<WeightMatrix> Make)[] layouts =
        [
            ("int4 g32", () => Grouped(4, 32, false, false, false)),
            ("int4 g32 minimums", () => Grouped(4, 32, true, false, false)),
            ("int4 g128", () => Grouped(4, 128, false, false, false)),
            ("int4 g128 zero points", () => Grouped(4, 128, false, true, false)),
            ("int4 g128 order", () => Grouped(4, 128, false, false, true)),
            ("table4 g32", () => Table(32, false)),
            ("table4 g16", () => Table(16, false)),
            ("table4 g16 minimums", () => Table(16, true)),
            ("q4_k", () => KQuant(4)),
            ("q6_k", () => KQuant(6)),
            ("int8 g32", () => Grouped(8, 32, false, false, false)),
        ];
        LayerWalk[] walks = [.. layouts.Select(layout => new LayerWalk(layout.Make, kernels, pool, tokens))];
        for (int round = 0; round < rounds; round++)
        {
            foreach (LayerWalk walk in walks)
            {
                walk.Time();
            }
        }

        Console.WriteLine($"kernels {kernels.Name}, {threads} threads, {tokens} tokens, {Rows} x {Columns}; milliseconds a layer (median, best)");
        for (int i = 0; i < walks.Length; i++)
        {
            Console.WriteLine(
                $"  {layouts[i].Name,-22} {walks[i].BitsPerWeight,6:F2} bits {walks[i].Median,8:F3} {walks[i].Best,8:F3} ms  int4 g32/this {walks[0].Median / walks[i].Median:F2}");
            walks[i].Dispose();
        }
    }

    private static GroupedIntegerMatrix Grouped(int bits, int groupSize, bool hasMinimum, bool hasZeroPoints, bool isReordered)
    {
        Random random = new(1);
        GroupedIntegerMatrix matrix = new(Rows, Columns, bits, groupSize, 1 << (bits - 1), hasMinimum, hasZeroPoints);
        if (isReordered)
        {
            int[] order = [.. Enumerable.Range(0, Columns)];
            random.Shuffle(order);
            matrix.ColumnOrder = order;
        }

        byte[] codes = new byte[Columns];
        byte[] zeroPoints = new byte[Columns / groupSize];
        ushort[] scales = new ushort[Columns / groupSize];
        scales.AsSpan().Fill(BitConverter.HalfToUInt16Bits((Half)0.01f));
        zeroPoints.AsSpan().Fill(7);
        for (int row = 0; row < Rows; row++)
        {
            Fill(random, codes, (1 << bits) - 1);
            matrix.SetRow(row, codes, scales, hasMinimum ? scales : []);
            if (hasZeroPoints)
            {
                matrix.SetZeroPoints(row, zeroPoints);
            }
        }

        return matrix;
    }

    private static TableMatrix Table(int groupSize, bool hasMinimum)
    {
        Random random = new(1);
        TableMatrix matrix = new(Rows, Columns, groupSize, [.. Enumerable.Range(0, 16).Select(i => (float)((i * 8) - 64))], hasMinimum);
        byte[] codes = new byte[Columns];
        float[] scales = new float[Columns / groupSize];
        scales.AsSpan().Fill(0.01f);
        for (int row = 0; row < Rows; row++)
        {
            Fill(random, codes, 15);
            matrix.SetRow(row, codes, scales, hasMinimum ? scales : []);
        }

        return matrix;
    }

    private static KQuantMatrix KQuant(int bits)
    {
        Random random = new(1);
        KQuantMatrix matrix = new(Rows, Columns, bits);
        byte[] codes = new byte[KQuantMatrix.BlockColumns];
        byte[] groups = new byte[matrix.GroupCount];
        groups.AsSpan().Fill(33);
        ushort scale = BitConverter.HalfToUInt16Bits((Half)0.0003f);
        for (int row = 0; row < Rows; row++)
        {
            for (int block = 0; block < Columns / codes.Length; block++)
            {
                Fill(random, codes, (1 << bits) - 1);
                matrix.SetBlock(row, block, codes, scale, groups, scale, matrix.HasMinimum ? groups : []);
            }
        }

        return matrix;
    }

    private static void Fill(Random random, byte[] codes, int mask)
    {
        random.NextBytes(codes);
        for (int i = 0; i < codes.Length; i++)
        {
            codes[i] &= (byte)mask;
        }
    }
}
