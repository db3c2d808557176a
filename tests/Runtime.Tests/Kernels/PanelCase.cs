using System.Runtime.InteropServices;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Testing;

namespace Sparrow.Runtime.Tests.Kernels;

/// <summary>A random matrix and random activations in memory that ends at an unreadable page, and the product's definition in double.</summary>
internal sealed unsafe class PanelCase : IDisposable
{
    private readonly List<GuardedMemory> _memory = [];
    private readonly int _rows;

    public PanelCase(string format, int rows, int columns, int tokenCount, int seed)
    {
        Random random = new(seed);
        _rows = rows;
        TokenCount = tokenCount;
        Panels = format switch
        {
            "f32" => Dense(DenseElement.F32, columns, random),
            "bf16" => Dense(DenseElement.BF16, columns, random),
            "f16" => Dense(DenseElement.F16, columns, random),
            "q4_0" => Grouped(4, 32, 8, false, columns, random),
            "q4_1" => Grouped(4, 32, 0, true, columns, random),
            "q4_g128" => Grouped(4, 128, 7, true, columns, random),
            "q4_g16" => Grouped(4, 16, 3, true, columns, random),
            "q4_z128" => Grouped(4, 128, 8, false, columns, random, hasZeroPoints: true),
            "q4_z16" => Grouped(4, 16, 8, false, columns, random, hasZeroPoints: true),
            "q8_z32" => Grouped(8, 32, 128, false, columns, random, hasZeroPoints: true),
            "q4_t16" => Table(16, false, columns, random),
            "q4_t32" => Table(32, false, columns, random),
            "q4_t16m" => Table(16, true, columns, random),
            "q4_t64m" => Table(64, true, columns, random),
            "q8_0" => Grouped(8, 32, 128, false, columns, random),
            "q8_g64" => Grouped(8, 64, 0, true, columns, random),
            "q8_g16" => Grouped(8, 16, 100, false, columns, random),
            "q4_k" => KQuant(4, columns, random),
            "q5_k" => KQuant(5, columns, random),
            "q6_k" => KQuant(6, columns, random),
            _ => throw new ArgumentOutOfRangeException(nameof(format)),
        };
        MaxCode = format[0] == 'q' ? (1 << (format[1] - '0')) - 1 : 0;
        X = (float*)Take((long)tokenCount * Panels.Columns * sizeof(float));
        for (int token = 0; token < tokenCount; token++)
        {
            for (int column = 0; column < columns; column++)
            {
                X[((long)token * Panels.Columns) + column] = Activation(random);
            }
        }

        long blocks = (long)tokenCount * Panels.BlockCount;
        Int8 = new Int8Rows(
            (sbyte*)Take((long)tokenCount * Panels.Columns),
            (float*)Take(blocks * 4),
            (int*)Take(blocks * 8),
            (float*)Take(blocks * 4),
            Panels.Columns);
        for (int token = 0; token < tokenCount; token++)
        {
            Int8Rows row = Int8.From(token);
            ScalarKernels.QuantizeActivations(
                X + ((long)token * Panels.Columns), Panels.BlockCount, row.Codes, row.Scales, row.Sums, row.ScaledSums);
        }
    }

    public static string[] Formats { get; } =
        ["f32", "bf16", "f16", "q4_0", "q4_1", "q4_g128", "q4_g16", "q4_z128", "q4_z16", "q8_z32", "q4_t16", "q4_t32", "q4_t16m", "q4_t64m", "q8_0", "q8_g64", "q8_g16", "q4_k", "q5_k", "q6_k"];

    public PanelMatrix Panels { get; }

    /// <summary>The largest code; 0 in dense formats.</summary>
    public int MaxCode { get; }

    public float* X { get; }

    public Int8Rows Int8 { get; }

    public int TokenCount { get; }

    public int PanelCount => (_rows + PanelMatrix.PanelRows - 1) / PanelMatrix.PanelRows;

    /// <summary>Every row expanded, by the layout's own definition.</summary>
    public float[][] Expanded { get; private set; } = [];

    public float[] Multiply(KernelSet kernels, string format, bool int8) => Multiply(kernels, format, int8, 0, TokenCount);

    /// <summary>The product for some of the tokens, by one set: <c>[token, 16 · panels]</c>.</summary>
    public float[] Multiply(KernelSet kernels, string format, bool int8, int firstToken, int tokenCount)
    {
        int stride = PanelCount * PanelMatrix.PanelRows;
        using GuardedMemory y = new((long)tokenCount * stride * sizeof(float));
        new Span<byte>(y.Pointer, (int)y.Length).Fill(0xcd);
        if (int8)
        {
            MatMulInt8Kernel kernel = format switch
            {
                "q4_k" => kernels.MatMulQ4KInt8,
                "q5_k" => kernels.MatMulQ5KInt8,
                "q6_k" => kernels.MatMulQ6KInt8,
                _ when format.StartsWith("q4_t", StringComparison.Ordinal) => kernels.MatMulTableInt8,
                _ => MaxCode == 15 ? kernels.MatMulQ4Int8 : kernels.MatMulQ8Int8,
            };
            kernel(Panels, 0, PanelCount, Int8.From(firstToken), tokenCount, (float*)y.Pointer, stride);
        }
        else
        {
            MatMulKernel kernel = format switch
            {
                "f32" => kernels.MatMulF32,
                "bf16" => kernels.MatMulBF16,
                "f16" => kernels.MatMulF16,
                "q4_k" => kernels.MatMulQ4K,
                "q5_k" => kernels.MatMulQ5K,
                "q6_k" => kernels.MatMulQ6K,
                _ when format.StartsWith("q4_t", StringComparison.Ordinal) => kernels.MatMulTable,
                _ => MaxCode == 15 ? kernels.MatMulQ4 : kernels.MatMulQ8,
            };
            kernel(
                Panels, 0, PanelCount, X + ((long)firstToken * Panels.Columns), Panels.Columns, tokenCount, (float*)y.Pointer, stride);
        }

        return new ReadOnlySpan<float>(y.Pointer, tokenCount * stride).ToArray();
    }

    public void Dispose() => _memory.ForEach(memory => memory.Dispose());

    // Zeros of both signs and subnormals among ordinary numbers.
    private static float Activation(Random random) => random.Next(20) switch
    {
        0 => 0f,
        1 => -0f,
        2 => 1e-40f,
        _ => (random.NextSingle() - 0.5f) * 4,
    };

    private PanelMatrix Dense(DenseElement element, int columns, Random random)
    {
        using DenseMatrix matrix = new(_rows, columns, element);
        for (int row = 0; row < _rows; row++)
        {
            float[] values = [.. Enumerable.Range(0, columns).Select(_ => Activation(random))];
            matrix.SetRow(row, element switch
            {
                DenseElement.F32 => MemoryMarshal.AsBytes(values.AsSpan()),
                DenseElement.BF16 => MemoryMarshal.AsBytes(values.Select(v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16)).ToArray().AsSpan()),

                // Every twentieth half is subnormal.
                _ => MemoryMarshal.AsBytes(values.Select(v => v == 1e-40f ? (Half)(-3e-6f) : (Half)v).ToArray().AsSpan()),
            });
        }

        return Guard(matrix.Panels, matrix.Bytes, matrix.ExpandRow, columns);
    }

    private PanelMatrix Grouped(int bits, int groupSize, int zeroPoint, bool hasMinimum, int columns, Random random, bool hasZeroPoints = false)
    {
        using GroupedIntegerMatrix matrix = new(_rows, columns, bits, groupSize, zeroPoint, hasMinimum, hasZeroPoints);
        int groups = (columns + groupSize - 1) / groupSize;
        for (int row = 0; row < _rows; row++)
        {
            byte[] codes = [.. Enumerable.Range(0, columns).Select(_ => random.Next(8) == 0 ? (byte)((1 << bits) - 1) : (byte)random.Next(1 << bits))];
            matrix.SetRow(row, codes, Halves(groups), Halves(hasMinimum ? groups : 0));
            if (hasZeroPoints)
            {
                matrix.SetZeroPoints(row, [.. Enumerable.Range(0, groups).Select(_ => (byte)random.Next(1 << bits))]);
            }
        }

        return Guard(matrix.Panels, matrix.Bytes, matrix.ExpandRow, columns);

        ushort[] Halves(int count) =>
            [.. Enumerable.Range(0, count).Select(_ => BitConverter.HalfToUInt16Bits((Half)(random.Next(10) == 0 ? 3e-6f : random.NextSingle() - 0.5f)))];
    }

    // Values at both ends of what a byte holds; scales as small as a float's normal numbers go.
    private PanelMatrix Table(int groupSize, bool hasMinimum, int columns, Random random)
    {
        using TableMatrix matrix = new(
            _rows, columns, groupSize, [-128, -101, -77, -43, -25, -13, -8, -1, -0f, 1, 8, 15, 43, 62, 113, 127], hasMinimum);
        int groups = (columns + groupSize - 1) / groupSize;
        for (int row = 0; row < _rows; row++)
        {
            byte[] codes = [.. Enumerable.Range(0, columns).Select(_ => (byte)random.Next(16))];
            matrix.SetRow(row, codes, Floats(groups), Floats(hasMinimum ? groups : 0));
        }

        return Guard(matrix.Panels, matrix.Bytes, matrix.ExpandRow, columns);

        float[] Floats(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(10) == 0 ? 1e-30f : (random.NextSingle() - 0.5f) / 16)];
    }

    // Columns are filled up to 256, with weights: activations are zero there. Scales of groups reach what their bits can hold, d times them a half.
    private PanelMatrix KQuant(int bits, int columns, Random random)
    {
        int padded = (columns + KQuantMatrix.BlockColumns - 1) / KQuantMatrix.BlockColumns * KQuantMatrix.BlockColumns;
        using KQuantMatrix matrix = new(_rows, padded, bits);
        int maxScale = bits == 6 ? 256 : 64;
        byte[] codes = new byte[KQuantMatrix.BlockColumns];
        for (int row = 0; row < _rows; row++)
        {
            for (int block = 0; block < padded / KQuantMatrix.BlockColumns; block++)
            {
                for (int i = 0; i < codes.Length; i++)
                {
                    codes[i] = random.Next(4) == 0 ? (byte)((1 << bits) - 1) : (byte)random.Next(1 << bits);
                }

                matrix.SetBlock(row, block, codes, Half(), Bytes(matrix.GroupCount), Half(), Bytes(matrix.HasMinimum ? matrix.GroupCount : 0));
            }
        }

        return Guard(matrix.Panels, matrix.Bytes, matrix.ExpandRow, padded);

        ushort Half() => BitConverter.HalfToUInt16Bits((Half)(random.Next(10) == 0 ? 3e-7f : (random.NextSingle() - 0.5f) / (bits == 6 ? 128 : 63)));

        byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(_ => (byte)(random.Next(6) == 0 ? maxScale / 2 : random.Next(maxScale)))];
    }

    private PanelMatrix Guard(PanelMatrix panels, long bytes, RowExpander expand, int columns)
    {
        Expanded = new float[_rows][];
        for (int row = 0; row < _rows; row++)
        {
            Expanded[row] = new float[columns];
            expand(row, Expanded[row]);
        }

        long values = panels.PanelBytes * PanelCount;
        long groups = (long)panels.GroupCount * PanelCount * PanelMatrix.PanelRows * sizeof(ushort);
        if (panels.Table is not null)
        {
            return new PanelMatrix(
                Copy(panels.Values, values),
                panels.PanelBytes,
                panels.Columns,
                (float*)Copy(panels.FloatScales, 2 * groups),
                panels.FloatMinimums is null ? null : (float*)Copy(panels.FloatMinimums, 2 * groups),
                panels.GroupColumns,
                Copy(panels.Table, CodeTable.Size));
        }

        return new PanelMatrix(
            Copy(panels.Values, values),
            panels.PanelBytes,
            panels.Columns,
            panels.Scales is null ? null : (ushort*)Copy(panels.Scales, groups),
            panels.Minimums is null ? null : (ushort*)Copy(panels.Minimums, groups),
            panels.GroupColumns,
            panels.ZeroPoint,
            panels.ZeroPoints is null ? null : Copy(panels.ZeroPoints, groups / sizeof(ushort)));
    }

    private byte* Copy(void* source, long bytes)
    {
        _memory.Add(GuardedMemory.Copy(source, bytes));
        return _memory[^1].Pointer;
    }

    private byte* Take(long bytes)
    {
        _memory.Add(new GuardedMemory(bytes));
        return _memory[^1].Pointer;
    }

    private delegate void RowExpander(int row, Span<float> destination);
}
