using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

/// <summary>
/// y[t, r] = Σ over c of w[r, c] · x[t, c] for whole panels of rows and float activations. In every implementation, and for any number of tokens,
/// a block of 32 columns is summed from zero in ascending order with fused multiply-adds, and the blocks' sums are added in ascending order: so
/// neither the kernel set nor the batch a token is computed in changes a bit.
/// </summary>
/// <param name="weights">The matrix.</param>
/// <param name="firstPanel">First panel of 16 rows.</param>
/// <param name="panelCount">Panels.</param>
/// <param name="x">Activations, <c>[token, xStride]</c>, zero from the columns' end to the padded end.</param>
/// <param name="xStride">Floats from one token to the next.</param>
/// <param name="tokenCount">Tokens.</param>
/// <param name="y">Results, <c>[token, yStride]</c>; the first row of the first panel. Whole panels are written.</param>
/// <param name="yStride">Floats from one token to the next.</param>
internal unsafe delegate void MatMulKernel(
    in PanelMatrix weights, int firstPanel, int panelCount, float* x, int xStride, int tokenCount, float* y, int yStride);

/// <summary>
/// The same with activations as signed bytes. A block's product is an exact integer; total = fma(weight scale · activation scale, integer, total)
/// and then, where the weights have minimums, total = fma(minimum, activation scale · sum, total), block after block.
/// </summary>
internal unsafe delegate void MatMulInt8Kernel(
    in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride);

/// <summary>
/// Rounds activations to signed bytes, one scale a block of 32: scale = max|x| / 127, code = x / scale to the nearest, ties to even.
/// </summary>
/// <param name="x">A row of activations.</param>
/// <param name="blockCount">Blocks of 32.</param>
/// <param name="codes">Codes, 32 a block.</param>
/// <param name="scales">Scales, one a block.</param>
/// <param name="sums">Sums of 16 codes, two a block.</param>
/// <param name="scaledSums">scale · sum of both, one a block.</param>
internal unsafe delegate void QuantizeActivationsKernel(
    float* x, int blockCount, sbyte* codes, float* scales, int* sums, float* scaledSums);

public sealed partial class KernelSet
{
    internal MatMulKernel MatMulF32 { get; private set; } = null!;

    internal MatMulKernel MatMulBF16 { get; private set; } = null!;

    internal MatMulKernel MatMulF16 { get; private set; } = null!;

    /// <summary>4-bit codes, float activations.</summary>
    internal MatMulKernel MatMulQ4 { get; private set; } = null!;

    /// <summary>8-bit codes, float activations.</summary>
    internal MatMulKernel MatMulQ8 { get; private set; } = null!;

    /// <summary>4-bit codes, int8 activations.</summary>
    internal MatMulInt8Kernel MatMulQ4Int8 { get; private set; } = null!;

    /// <summary>8-bit codes, int8 activations.</summary>
    internal MatMulInt8Kernel MatMulQ8Int8 { get; private set; } = null!;

    internal QuantizeActivationsKernel QuantizeActivations { get; private set; } = null!;

    private unsafe void BindMatMul()
    {
        BindMatMulFloat();
        BindMatMulInt8();
        BindMatMulKQuants();
        BindMatMulTable();
        BindMatMulSparse();
        QuantizeActivations = Bind<QuantizeActivationsKernel>(
            "quantize-activations",
            [
                new("portable", CpuFeatures.Vector, PortableKernels.QuantizeActivations),
                new("scalar", CpuFeatures.None, ScalarKernels.QuantizeActivations),
            ]);
    }

    private unsafe void BindMatMulFloat()
    {
        MatMulF32 = BindFloat<F32Format>("matmul-f32", ScalarKernels.MatMulF32);
        MatMulBF16 = BindFloat<BF16Format>("matmul-bf16", ScalarKernels.MatMulBF16);
        MatMulF16 = BindFloat<F16Format>("matmul-f16", ScalarKernels.MatMulF16);
        MatMulQ4 = BindFloat<Q4Format>("matmul-q4", ScalarKernels.MatMulQ4);
        MatMulQ8 = BindFloat<Q8Format>("matmul-q8", ScalarKernels.MatMulQ8);
    }

    // Float products need nothing that Vector128/256/512 do not offer; the sets differ in width alone.
    private unsafe MatMulKernel BindFloat<TFormat>(string operation, MatMulKernel scalar)
        where TFormat : struct, IPanelFormat =>
        Bind<MatMulKernel>(
            operation,
            [
                new("avx512", CpuFeatures.Avx512, PanelKernels<Lanes512, TFormat, Vector512<byte>>.MatMul),
                new("avx2", CpuFeatures.Avx2, PanelKernels<Lanes256, TFormat, Vector256<byte>>.MatMul),
                new("portable-512", Wide(512), PanelKernels<Lanes512, TFormat, Vector512<byte>>.MatMul),
                new("portable-256", Wide(256), PanelKernels<Lanes256, TFormat, Vector256<byte>>.MatMul),
                new("portable-128", CpuFeatures.Vector, PanelKernels<Lanes128, TFormat, Vector128<byte>>.MatMul),
                new("scalar", CpuFeatures.None, scalar),
            ]);

    // 4-bit codes go through 512-bit vpmaddubsw where it is there, 8-bit codes through 256-bit vpdpbusd: .NET has no 512-bit form of it, and
    // vpmaddubsw takes two passes over whole bytes.
    private unsafe void BindMatMulInt8()
    {
        MatMulQ4Int8 = Bind<MatMulInt8Kernel>(
            "matmul-q4-int8",
            [
                new("avx512", CpuFeatures.Avx512, PanelKernelsInt8<Lanes512, Avx512Dot, Vector512<byte>>.MatMulQ4),
                new("avx2-vnni", CpuFeatures.Avx2 | CpuFeatures.AvxVnni, PanelKernelsInt8<Lanes256, AvxVnniDot, Vector256<byte>>.MatMulQ4),
                new("avx2", CpuFeatures.Avx2, PanelKernelsInt8<Lanes256, Avx2Dot, Vector256<byte>>.MatMulQ4),
                new("dotprod", CpuFeatures.DotProduct, PanelKernelsInt8<Lanes128, DotProductDot, Vector128<byte>>.MatMulQ4),
                new("portable-512", Wide(512), PanelKernelsInt8<Lanes512, PortableDot512, Vector512<byte>>.MatMulQ4),
                new("portable-256", Wide(256), PanelKernelsInt8<Lanes256, PortableDot256, Vector256<byte>>.MatMulQ4),
                new("portable-128", CpuFeatures.Vector, PanelKernelsInt8<Lanes128, PortableDot128, Vector128<byte>>.MatMulQ4),
                new("scalar", CpuFeatures.None, ScalarKernels.MatMulQ4Int8),
            ]);
        MatMulQ8Int8 = Bind<MatMulInt8Kernel>(
            "matmul-q8-int8",
            [
                new("avx2-vnni", CpuFeatures.Avx2 | CpuFeatures.AvxVnni, PanelKernelsInt8<Lanes256, AvxVnniDot, Vector256<byte>>.MatMulQ8),
                new("avx512", CpuFeatures.Avx512, PanelKernelsInt8<Lanes512, Avx512Dot, Vector512<byte>>.MatMulQ8),
                new("avx2", CpuFeatures.Avx2, PanelKernelsInt8<Lanes256, Avx2Dot, Vector256<byte>>.MatMulQ8),
                new("dotprod", CpuFeatures.DotProduct, PanelKernelsInt8<Lanes128, DotProductDot, Vector128<byte>>.MatMulQ8),
                new("portable-512", Wide(512), PanelKernelsInt8<Lanes512, PortableDot512, Vector512<byte>>.MatMulQ8),
                new("portable-256", Wide(256), PanelKernelsInt8<Lanes256, PortableDot256, Vector256<byte>>.MatMulQ8),
                new("portable-128", CpuFeatures.Vector, PanelKernelsInt8<Lanes128, PortableDot128, Vector128<byte>>.MatMulQ8),
                new("scalar", CpuFeatures.None, ScalarKernels.MatMulQ8Int8),
            ]);
    }

    // Portable kernels of a width ask only whether the JIT has such vectors; a candidate that it has not is out of every set's reach.
    private static CpuFeatures Wide(int bits)
    {
        bool accelerated = bits == 512 ? Vector512.IsHardwareAccelerated : Vector256.IsHardwareAccelerated;
        return accelerated ? CpuFeatures.Vector : ~CpuFeatures.None;
    }
}
