using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Kernels;

/// <summary>Sparse products against dense ones of the same weights, whose bits they must have.</summary>
public sealed unsafe class SparseMatMulTests
{
    private static readonly int[] s_zeroPercents = [0, 10, 50, 60, 70, 90, 100];

    public static TheoryData<string> KernelSets => [.. KernelSet.Available.Select(set => set.Name)];

    public static TheoryData<string, string> Products
    {
        get
        {
            TheoryData<string, string> products = [];
            foreach (KernelSet set in KernelSet.Available)
            {
                foreach (string format in Formats)
                {
                    products.Add(set.Name, format);
                }
            }

            return products;
        }
    }

    private static string[] Formats => ["bf16", "int8-g32", "int8-g64", "int4-g32", "int4-g64", "int8-g128"];

    [Theory]
    [MemberData(nameof(Products))]
    public void Products_have_the_dense_bits_at_every_sparsity_and_shape(string kernels, string format)
    {
        foreach (int zeroPercent in s_zeroPercents)
        {
            foreach ((int rows, int columns) in new[] { (1, 1), (16, 32), (7, 33), (33, 200), (20, 97), (48, 288) })
            {
                AssertDenseBits(KernelSet.Select(kernels), format, rows, columns, zeroPercent, [1, 3]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Products))]
    public void Products_have_the_dense_bits_at_every_token_count(string kernels, string format)
    {
        int[] tokenCounts = kernels == "scalar" ? [1, 2, 40] : [.. Enumerable.Range(1, 40)];
        AssertDenseBits(KernelSet.Select(kernels), format, 33, 300, 60, tokenCounts);
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Two_of_four_is_a_case_of_the_bitmap(string name)
    {
        KernelSet kernels = KernelSet.Select(name);
        foreach (string format in Formats)
        {
            AssertDenseBits(kernels, format, 32, 128, Case.TwoOfFour, [1, 5]);
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void Products_allocate_nothing(string name)
    {
        KernelSet kernels = KernelSet.Select(name);
        foreach (string format in Formats)
        {
            using Case testCase = new(format, 16, 64, 50, 3);
            float[] y = new float[3 * 16];
            fixed (float* output = y)
            {
                testCase.Multiply(kernels, int8: false, isSparse: true, 3, output, 16);
                testCase.Multiply(kernels, testCase.IsGrouped, isSparse: true, 1, output, 16);
                long before = GC.GetAllocatedBytesForCurrentThread();
                testCase.Multiply(kernels, int8: false, isSparse: true, 3, output, 16);
                testCase.Multiply(kernels, testCase.IsGrouped, isSparse: true, 1, output, 16);
                testCase.Multiply(kernels, testCase.IsGrouped, isSparse: true, 3, output, 16);
                Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelSets))]
    public void A_range_of_panels_is_multiplied_alone(string name)
    {
        KernelSet kernels = KernelSet.Select(name);
        foreach (string format in Formats)
        {
            using Case testCase = new(format, 80, 96, 50, 2);
            float[] whole = testCase.Multiply(kernels, testCase.IsGrouped, isSparse: true, 2);
            float[] part = new float[2 * 80];
            fixed (float* output = part)
            {
                testCase.Multiply(kernels, testCase.IsGrouped, isSparse: true, 2, output, 80, firstPanel: 3, panelCount: 2);
            }

            for (int token = 0; token < 2; token++)
            {
                Assert.Equal(whole.AsSpan((token * 80) + 48, 32), part.AsSpan(token * 80, 32));
            }
        }
    }

    private static void AssertDenseBits(KernelSet kernels, string format, int rows, int columns, int zeroPercent, int[] tokenCounts)
    {
        using Case testCase = new(format, rows, columns, zeroPercent, tokenCounts.Max());
        foreach (int tokens in tokenCounts)
        {
            foreach (bool int8 in testCase.IsGrouped ? new[] { false, true } : [false])
            {
                float[] dense = testCase.Multiply(kernels, int8, isSparse: false, tokens);
                float[] sparse = testCase.Multiply(kernels, int8, isSparse: true, tokens);
                int stride = testCase.PanelCount * PanelMatrix.PanelRows;
                for (int i = 0; i < dense.Length; i++)
                {
                    Assert.True(
                        i % stride >= rows || BitConverter.SingleToUInt32Bits(dense[i]) == BitConverter.SingleToUInt32Bits(sparse[i]),
                        $"{kernels.Name} {format} int8={int8} {rows}x{columns} {zeroPercent} % tokens={tokens}: value {i} is {sparse[i]:R}, dense {dense[i]:R}.");
                }
            }
        }
    }

    /// <summary>The same random weights dense and sparse; the sparse values, masks and activations end at unreadable pages.</summary>
    private sealed class Case : IDisposable
    {
        /// <summary>Instead of a percentage: two of four neighbours are zero.</summary>
        public const int TwoOfFour = -1;

        private readonly List<GuardedMemory> _memory = [];
        private readonly WeightMatrix _dense;
        private readonly SparseMatrix _sparse;
        private readonly PanelMatrix _densePanels;
        private readonly PanelMatrix _sparsePanels;
        private readonly int _bits;
        private readonly float* _x;
        private readonly Int8Rows _int8;

        public Case(string format, int rows, int columns, int zeroPercent, int tokenCount)
        {
            Random random = new((rows * 1000) + columns + zeroPercent);
            IsGrouped = format != "bf16";
            if (IsGrouped)
            {
                _bits = format[3] - '0';
                GroupedIntegerMatrix dense = SparseSamples.Grouped(rows, columns, _bits, int.Parse(format[6..], System.Globalization.CultureInfo.InvariantCulture), zeroPercent, random);
                (_dense, _densePanels, _sparse) = (dense, dense.Panels, SparseMatrix.FromDense(dense));
            }
            else
            {
                DenseMatrix dense = SparseSamples.BF16(rows, columns, zeroPercent, random);
                (_dense, _densePanels, _sparse) = (dense, dense.Panels, SparseMatrix.FromDense(dense));
            }

            PanelCount = (rows + PanelMatrix.PanelRows - 1) / PanelMatrix.PanelRows;
            PanelMatrix panels = _sparse.Panels;
            long blocks = (long)PanelCount * panels.BlockCount;
            long scales = (long)PanelCount * panels.GroupCount * PanelMatrix.PanelRows * sizeof(ushort);
            _sparsePanels = new PanelMatrix(
                Copy(panels.Values, _sparse.ValueBytes),
                (long*)Copy(panels.PanelOffsets, PanelCount * sizeof(long)),
                (uint*)Copy(panels.BlockOffsets, blocks * sizeof(uint)),
                (uint*)Copy(panels.Masks, blocks * PanelMatrix.PanelRows * sizeof(uint)),
                panels.Columns,
                IsGrouped ? (ushort*)Copy(panels.Scales, scales) : null,
                panels.GroupColumns,
                panels.ZeroPoint);
            _x = (float*)Take((long)tokenCount * panels.Columns * sizeof(float));
            long inputBlocks = (long)tokenCount * panels.BlockCount * sizeof(float);
            _int8 = new Int8Rows(
                (sbyte*)Take((long)tokenCount * panels.Columns),
                (float*)Take(inputBlocks),
                (int*)Take(2 * inputBlocks),
                (float*)Take(inputBlocks),
                panels.Columns);
            for (int token = 0; token < tokenCount; token++)
            {
                float* x = _x + ((long)token * panels.Columns);
                for (int column = 0; column < columns; column++)
                {
                    x[column] = random.Next(20) == 0 ? -0f : (random.NextSingle() - 0.5f) * 4;
                }

                Int8Rows row = _int8.From(token);
                ScalarKernels.QuantizeActivations(x, panels.BlockCount, row.Codes, row.Scales, row.Sums, row.ScaledSums);
            }
        }

        public bool IsGrouped { get; }

        public int PanelCount { get; }

        public float[] Multiply(KernelSet kernels, bool int8, bool isSparse, int tokens)
        {
            int stride = PanelCount * PanelMatrix.PanelRows;
            using GuardedMemory y = new((long)tokens * stride * sizeof(float));
            Multiply(kernels, int8, isSparse, tokens, (float*)y.Pointer, stride);
            return new ReadOnlySpan<float>(y.Pointer, tokens * stride).ToArray();
        }

        public void Multiply(KernelSet kernels, bool int8, bool isSparse, int tokens, float* y, int stride) =>
            Multiply(kernels, int8, isSparse, tokens, y, stride, 0, PanelCount);

        public void Multiply(KernelSet kernels, bool int8, bool isSparse, int tokens, float* y, int stride, int firstPanel, int panelCount)
        {
            PanelMatrix panels = isSparse ? _sparsePanels : _densePanels;
            if (int8)
            {
                MatMulInt8Kernel kernel = (_bits, isSparse) switch
                {
                    (4, false) => kernels.MatMulQ4Int8,
                    (4, true) => kernels.MatMulSparse4Int8,
                    (_, false) => kernels.MatMulQ8Int8,
                    _ => kernels.MatMulSparse8Int8,
                };
                kernel(panels, firstPanel, panelCount, _int8, tokens, y, stride);
                return;
            }

            MatMulKernel floatKernel = (_bits, isSparse) switch
            {
                (4, false) => kernels.MatMulQ4,
                (4, true) => kernels.MatMulSparse4,
                (8, false) => kernels.MatMulQ8,
                (8, true) => kernels.MatMulSparse8,
                (_, false) => kernels.MatMulBF16,
                _ => kernels.MatMulSparseBF16,
            };
            floatKernel(panels, firstPanel, panelCount, _x, panels.Columns, tokens, y, stride);
        }

        public void Dispose()
        {
            _memory.ForEach(memory => memory.Dispose());
            _dense.Dispose();
            _sparse.Dispose();
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
    }
}
