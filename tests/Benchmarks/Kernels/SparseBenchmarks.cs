using System.Diagnostics;
using System.Runtime.InteropServices;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Models.Layers;
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
    // Copies of each matrix until a walk reads far more than the last cache level holds, as the layers of a model do.
    private const long WalkBytes = 64L << 20;

    private static readonly (int Rows, int Columns)[] s_shapes = [(2048, 2048), (8192, 2048), (2048, 8192)];

    public static void Run(int threads, int rounds, int tokens)
    {
        using WorkerPool pool = new(threads);
        KernelSet kernels = KernelSet.Best;
        Console.WriteLine($"kernels {kernels.Name}, {threads} threads, {tokens} tokens; milliseconds a layer (median, best), ratios of medians");
        foreach ((int rows, int columns) in s_shapes)
        {
            Console.WriteLine($"{rows} x {columns}");
            using Walk int8 = new(() => Grouped(rows, columns, 8, 0), kernels, pool, tokens);
            using Walk bf16 = new(() => Dense(rows, columns, 0), kernels, pool, tokens);
            using Walk int4 = new(() => Grouped(rows, columns, 4, 0), kernels, pool, tokens);
            using Walk int8At50 = new(() => Pack(Grouped(rows, columns, 8, 50)), kernels, pool, tokens);
            using Walk int8At60 = new(() => Pack(Grouped(rows, columns, 8, 60)), kernels, pool, tokens);
            using Walk int8At70 = new(() => Pack(Grouped(rows, columns, 8, 70)), kernels, pool, tokens);
            using Walk int4At50 = new(() => Pack(Grouped(rows, columns, 4, 50)), kernels, pool, tokens);
            using Walk int4At70 = new(() => Pack(Grouped(rows, columns, 4, 70)), kernels, pool, tokens);
            using Walk bf16At50 = new(() => Pack(Dense(rows, columns, 50)), kernels, pool, tokens);
            using Walk bf16At70 = new(() => Pack(Dense(rows, columns, 70)), kernels, pool, tokens);
            Walk[] walks = [int8, bf16, int4, int8At50, int8At60, int8At70, int4At50, int4At70, bf16At50, bf16At70];
            for (int round = 0; round < rounds; round++)
            {
                foreach (Walk walk in walks)
                {
                    walk.Time();
                }
            }

            string[] names = ["int8", "bf16", "int4", "int8 50 %", "int8 60 %", "int8 70 %", "int4 50 %", "int4 70 %", "bf16 50 %", "bf16 70 %"];
            for (int i = 0; i < walks.Length; i++)
            {
                Console.WriteLine(
                    $"  {names[i],-10} {walks[i].BitsPerWeight,6:F2} bits {walks[i].Median,8:F3} {walks[i].Best,8:F3} ms {walks[i].GigabytesPerSecond,6:F1} GB/s"
                    + $"  int8/this {int8.Median / walks[i].Median:F2}  bf16/this {bf16.Median / walks[i].Median:F2}");
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

    /// <summary>Copies of one layer, gone through one after the other.</summary>
    private sealed unsafe class Walk : IDisposable
    {
        private readonly List<WeightMatrix> _matrices = [];
        private readonly List<Linear> _layers = [];
        private readonly List<double> _milliseconds = [];
        private readonly ActivationBuffer _input;
        private readonly ActivationBuffer _output;
        private readonly int _tokens;

        public Walk(Func<WeightMatrix> make, KernelSet kernels, WorkerPool pool, int tokens)
        {
            do
            {
                _matrices.Add(make());
                _layers.Add(new Linear(_matrices[^1], null, kernels, pool, int8Activations: true));
            }
            while (_matrices[0].Bytes * _matrices.Count < WalkBytes);
            _tokens = tokens;
            _input = new ActivationBuffer(tokens, _matrices[0].Columns);
            _output = new ActivationBuffer(tokens, _matrices[0].Rows);
            Random random = new(2);
            for (int token = 0; token < tokens; token++)
            {
                for (int column = 0; column < _input.Columns; column++)
                {
                    _input.Row(token)[column] = random.NextSingle() - 0.5f;
                }
            }
        }

        public double BitsPerWeight => _matrices[0].Bytes * 8.0 / ((double)_matrices[0].Rows * _matrices[0].Columns);

        public double Median => _milliseconds.Skip(1).Order().ElementAt((_milliseconds.Count - 1) / 2);

        public double Best => _milliseconds.Min();

        public double GigabytesPerSecond => _matrices[0].Bytes / Median / 1e6;

        public void Time()
        {
            long start = Stopwatch.GetTimestamp();
            foreach (Linear layer in _layers)
            {
                _input.MarkWritten();
                layer.Forward(_input, _output, _tokens);
            }

            _milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds / _layers.Count);
        }

        public void Dispose()
        {
            _matrices.ForEach(matrix => matrix.Dispose());
            _input.Dispose();
            _output.Dispose();
        }
    }
}
