using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Runtime.Threading;

namespace Sparrow.Benchmarks.Kernels;

/// <summary>
/// One linear layer of about SmolLM2-135M's shape (columns filled up to a multiple of the K-quants' 256) on one thread: each layout and kind of
/// activations, for decoding and for a prompt.
/// </summary>
[MemoryDiagnoser]
public class MatMulBenchmarks : IDisposable
{
    private readonly WorkerPool _pool = new(1);
    private WeightMatrix _weights = null!;
    private ActivationBuffer _input = null!;
    private ActivationBuffer _output = null!;
    private Linear _linear = null!;

    public static IEnumerable<string> KernelSets => KernelSet.Available.Select(set => set.Name);

    [ParamsSource(nameof(KernelSets))]
    public string Kernels { get; set; } = "scalar";

    [Params("q4_1-int8", "q8_0-int8", "q4_k-int8", "q5_k-int8", "q6_k-int8", "q4_1", "q4_k", "bf16", "f32")]
    public string Format { get; set; } = "f32";

    [Params(1, 16, 256)]
    public int Tokens { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        const int Rows = 1536;
        const int Columns = 768;
        _weights = Format switch
        {
            "q4_1-int8" or "q4_1" => Grouped(Rows, Columns, 4, 0, hasMinimum: true),
            "q8_0-int8" => Grouped(Rows, Columns, 8, 128, hasMinimum: false),
            "q4_k-int8" or "q4_k" => KQuant(Rows, Columns, 4),
            "q5_k-int8" => KQuant(Rows, Columns, 5),
            "q6_k-int8" => KQuant(Rows, Columns, 6),
            "bf16" => Dense(Rows, Columns, DenseElement.BF16),
            _ => Dense(Rows, Columns, DenseElement.F32),
        };
        _input = new ActivationBuffer(Tokens, Columns);
        _output = new ActivationBuffer(Tokens, Rows);
        Fill();
        bool int8 = Format.EndsWith("int8", StringComparison.Ordinal);
        _linear = new Linear(_weights, null, KernelSet.Select(Kernels), _pool, int8);
    }

    [Benchmark]
    public void Forward()
    {
        _input.MarkWritten();
        _linear.Forward(_input, _output, Tokens);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _weights.Dispose();
        _input.Dispose();
        _output.Dispose();
        _pool.Dispose();
        GC.SuppressFinalize(this);
    }

    private static DenseMatrix Dense(int rows, int columns, DenseElement element)
    {
        Random random = new(1);
        DenseMatrix matrix = new(rows, columns, element);
        float[] values = new float[columns];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                values[column] = random.NextSingle() - 0.5f;
            }

            if (element == DenseElement.F32)
            {
                matrix.SetRow(row, MemoryMarshal.AsBytes(values.AsSpan()));
            }
            else
            {
                ushort[] upper = [.. values.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16))];
                matrix.SetRow(row, MemoryMarshal.AsBytes(upper.AsSpan()));
            }
        }

        return matrix;
    }

    private static GroupedIntegerMatrix Grouped(int rows, int columns, int bits, int zeroPoint, bool hasMinimum)
    {
        Random random = new(1);
        GroupedIntegerMatrix matrix = new(rows, columns, bits, 32, zeroPoint, hasMinimum);
        byte[] codes = new byte[columns];
        ushort[] scales = new ushort[columns / 32];
        ushort[] minimums = new ushort[hasMinimum ? columns / 32 : 0];
        scales.AsSpan().Fill(BitConverter.HalfToUInt16Bits((Half)0.01f));
        minimums.AsSpan().Fill(BitConverter.HalfToUInt16Bits((Half)(-0.07f)));
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                codes[column] = (byte)random.Next(1 << bits);
            }

            matrix.SetRow(row, codes, scales, minimums);
        }

        return matrix;
    }

    private static KQuantMatrix KQuant(int rows, int columns, int bits)
    {
        Random random = new(1);
        KQuantMatrix matrix = new(rows, columns, bits);
        byte[] codes = new byte[KQuantMatrix.BlockColumns];
        byte[] groups = new byte[matrix.GroupCount];
        groups.AsSpan().Fill(33);
        ushort scale = BitConverter.HalfToUInt16Bits((Half)0.0003f);
        for (int row = 0; row < rows; row++)
        {
            for (int block = 0; block < columns / codes.Length; block++)
            {
                for (int i = 0; i < codes.Length; i++)
                {
                    codes[i] = (byte)random.Next(1 << bits);
                }

                matrix.SetBlock(row, block, codes, scale, groups, scale, matrix.HasMinimum ? groups : []);
            }
        }

        return matrix;
    }

    private unsafe void Fill()
    {
        Random random = new(2);
        for (int token = 0; token < _input.MaxTokens; token++)
        {
            for (int column = 0; column < _input.Columns; column++)
            {
                _input.Row(token)[column] = random.NextSingle() - 0.5f;
            }
        }
    }
}
