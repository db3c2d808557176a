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
/// <param name="sums">Sums of the codes, one a block.</param>
/// <param name="scaledSums">scale · sum, one a block.</param>
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
        MatMulF32 = Bind<MatMulKernel>("matmul-f32", [new("scalar", CpuFeatures.None, ScalarKernels.MatMulF32)]);
        MatMulBF16 = Bind<MatMulKernel>("matmul-bf16", [new("scalar", CpuFeatures.None, ScalarKernels.MatMulBF16)]);
        MatMulF16 = Bind<MatMulKernel>("matmul-f16", [new("scalar", CpuFeatures.None, ScalarKernels.MatMulF16)]);
        MatMulQ4 = Bind<MatMulKernel>("matmul-q4", [new("scalar", CpuFeatures.None, ScalarKernels.MatMulQ4)]);
        MatMulQ8 = Bind<MatMulKernel>("matmul-q8", [new("scalar", CpuFeatures.None, ScalarKernels.MatMulQ8)]);
        MatMulQ4Int8 = Bind<MatMulInt8Kernel>("matmul-q4-int8", [new("scalar", CpuFeatures.None, ScalarKernels.MatMulQ4Int8)]);
        MatMulQ8Int8 = Bind<MatMulInt8Kernel>("matmul-q8-int8", [new("scalar", CpuFeatures.None, ScalarKernels.MatMulQ8Int8)]);
        QuantizeActivations = Bind<QuantizeActivationsKernel>(
            "quantize-activations", [new("scalar", CpuFeatures.None, ScalarKernels.QuantizeActivations)]);
    }
}
