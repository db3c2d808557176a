using System.Runtime.InteropServices;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Runtime.Threading;

namespace Sparrow.Benchmarks.Kernels;

/// <summary>
/// One token through the linear layers of a 1.1 B model, sparse against dense in turns, as ratios of medians. Not BenchmarkDotNet's way, which times
/// one thing after the other: on a machine whose memory is shared the ratio of two figures taken minutes apart says nothing.
/// </summary>
internal static class SparseBenchmarks
{
    private static readonly (int Rows, int Columns)[] s_shapes = [(2048, 2048), (8192, 2048), (2048, 8192)];

    public static void Run(int threads, int rounds, int tokens, string filter)
    {
        using WorkerPool pool = new(threads);
        KernelSet kernels = KernelSet.Best;
        Console.WriteLine($"kernels {kernels.Name}, {threads} threads, {tokens} tokens; milliseconds a layer (median, best), ratios of medians");
        foreach ((int rows, int columns) in s_shapes)
        {
            (string Name, Func<WeightMatrix> Make)[] layouts =
            [
                ("int8", () => Grouped(rows, columns, 8, 0)),
                ("bf16", () => Dense(rows, columns, 0)),
                ("int4", () => Grouped(rows, columns, 4, 0)),
                ("int8 50 %", () => Pack(Grouped(rows, columns, 8, 50))),
                ("int8 60 %", () => Pack(Grouped(rows, columns, 8, 60))),
                ("int8 70 %", () => Pack(Grouped(rows, columns, 8, 70))),
                ("int4 50 %", () => Pack(Grouped(rows, columns, 4, 50))),
                ("int4 70 %", () => Pack(Grouped(rows, columns, 4, 70))),
                ("bf16 50 %", () => Pack(Dense(rows, columns, 50))),
                ("bf16 70 %", () => Pack(Dense(rows, columns, 70))),
            ];

            // The first two are what the others are measured by.
            layouts = [.. layouts.Where((layout, i) => i < 2 || layout.Name.Contains(filter, StringComparison.Ordinal))];
            LayerWalk[] walks = [.. layouts.Select(layout => new LayerWalk(layout.Make, kernels, pool, tokens))];
            for (int round = 0; round < rounds; round++)
            {
                foreach (LayerWalk walk in walks)
                {
                    walk.Time();
                }
            }

            Console.WriteLine($"{rows} x {columns}");
            for (int i = 0; i < walks.Length; i++)
            {
                Console.WriteLine(
                    $"  {layouts[i].Name,-10} {walks[i].BitsPerWeight,6:F2} bits {walks[i].Median,8:F3} {walks[i].Best,8:F3} ms {walks[i].GigabytesPerSecond,6:F1} GB/s"
                    + $"  int8/this {walks[0].Median / walks[i].Median:F2}  bf16/this {walks[1].Median / walks[i].Median:F2}");
            }

            foreach (LayerWalk walk in walks)
            {
                walk.Dispose();
            }
        }
    }

    private static SparseMatrix Pack(GroupedIntegerMatrix dense)
    {
        using (dense)
        {
            return SparseMatrix.FromDense(dense);
        }
    }

    private static SparseMatrix Pack(DenseMatrix dense)
    {
        using (dense)
        {
            return SparseMatrix.FromDense(dense);
        }
    }

    private static DenseMatrix Dense(int rows, int columns, int zeroPercent)
    {
        Random random = new(1);
        DenseMatrix matrix = new(rows, columns, DenseElement.BF16);
        ushort[] values = new ushort[columns];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                values[column] = random.Next(100) < zeroPercent
                    ? (ushort)0
                    : (ushort)(BitConverter.SingleToUInt32Bits(random.NextSingle() - 0.5f) >> 16);
            }

            matrix.SetRow(row, MemoryMarshal.AsBytes(values.AsSpan()));
        }

        return matrix;
    }

    private static GroupedIntegerMatrix Grouped(int rows, int columns, int bits, int zeroPercent)
    {
        Random random = new(1);
        int zeroPoint = 1 << (bits - 1);
        GroupedIntegerMatrix matrix = new(rows, columns, bits, 32, zeroPoint, hasMinimum: false);
        byte[] codes = new byte[columns];
        ushort[] scales = new ushort[columns / 32];
        scales.AsSpan().Fill(BitConverter.HalfToUInt16Bits((Half)0.01f));
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                // Codes 0 to z − 1: none is the zero point by chance.
                codes[column] = (byte)(random.Next(100) < zeroPercent ? zeroPoint : random.Next(zeroPoint));
            }

            matrix.SetRow(row, codes, scales, []);
        }

        return matrix;
    }
}
