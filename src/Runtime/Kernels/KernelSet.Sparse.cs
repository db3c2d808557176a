using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

public sealed partial class KernelSet
{
    /// <summary>Sparse bf16, float activations.</summary>
    internal MatMulKernel MatMulSparseBF16 { get; private set; } = null!;

    /// <summary>Sparse 8-bit codes, float activations.</summary>
    internal MatMulKernel MatMulSparse8 { get; private set; } = null!;

    /// <summary>Sparse 4-bit codes, float activations.</summary>
    internal MatMulKernel MatMulSparse4 { get; private set; } = null!;

    /// <summary>Sparse 8-bit codes, int8 activations.</summary>
    internal MatMulInt8Kernel MatMulSparse8Int8 { get; private set; } = null!;

    /// <summary>Sparse 4-bit codes, int8 activations.</summary>
    internal MatMulInt8Kernel MatMulSparse4Int8 { get; private set; } = null!;

    private const CpuFeatures Expand = CpuFeatures.Avx512 | CpuFeatures.Avx512Vbmi2;

    private unsafe void BindMatMulSparse()
    {
        MatMulSparseBF16 = BindSparseFloat<SparseBF16Format<Vbmi2Expander>, SparseBF16Format<TableExpander>>(
            "matmul-sparse-bf16", new("avx512-vbmi2", Expand, Avx512Kernels.MatMulSparseBF16), ScalarKernels.MatMulSparseBF16);
        MatMulSparse8 = BindSparseFloat<SparseCodeFormat<Vbmi2Expander, SparseBits8>, SparseCodeFormat<TableExpander, SparseBits8>>(
            "matmul-sparse8", null, ScalarKernels.MatMulSparse8);
        MatMulSparse4 = BindSparseFloat<SparseCodeFormat<Vbmi2Expander, SparseBits4>, SparseCodeFormat<TableExpander, SparseBits4>>(
            "matmul-sparse4", null, ScalarKernels.MatMulSparse4);
        MatMulSparse8Int8 = BindSparseInt8<SparseBits8>("matmul-sparse8-int8", Avx512Kernels.MatMulSparse8Int8);
        MatMulSparse4Int8 = BindSparseInt8<SparseBits4>("matmul-sparse4-int8", Avx512Kernels.MatMulSparse4Int8);
    }

    private unsafe MatMulKernel BindSparseFloat<TExpand, TTable>(string operation, KernelCandidate<MatMulKernel>? best, MatMulKernel scalar)
        where TExpand : struct, IPanelFormat
        where TTable : struct, IPanelFormat =>
        Bind<MatMulKernel>(
            operation,
            [
                best ?? new("avx512-vbmi2", Expand, PanelKernels<Lanes512, TExpand, Vector512<byte>>.MatMul),
                new("avx2", CpuFeatures.Avx2, PanelKernels<Lanes256, TTable, Vector256<byte>>.MatMul),
                new("portable-256", Wide(256), PanelKernels<Lanes256, TTable, Vector256<byte>>.MatMul),
                new("portable-128", CpuFeatures.Vector, PanelKernels<Lanes128, TTable, Vector128<byte>>.MatMul),
                new("scalar", CpuFeatures.None, scalar),
            ]);

    private unsafe MatMulInt8Kernel BindSparseInt8<TBits>(string operation, MatMulInt8Kernel best)
        where TBits : struct, ISparseBits =>
        Bind<MatMulInt8Kernel>(
            operation,
            [
                new("avx512-vbmi2-vnni", Expand | CpuFeatures.AvxVnni, best),
                new("avx512-vbmi2", Expand, SparseKernels<Vbmi2Expander, TBits, PanelProduct<Lanes512, Avx512Dot, Vector512<byte>>>.MatMulInt8),
                new(
                    "avx2-vnni",
                    CpuFeatures.Avx2 | CpuFeatures.AvxVnni,
                    SparseKernels<TableExpander, TBits, PanelProduct<Lanes256, AvxVnniDot, Vector256<byte>>>.MatMulInt8),
                new("avx2", CpuFeatures.Avx2, SparseKernels<TableExpander, TBits, PanelProduct<Lanes256, Avx2Dot, Vector256<byte>>>.MatMulInt8),
                new(
                    "dotprod",
                    CpuFeatures.DotProduct,
                    SparseKernels<TableExpander, TBits, PanelProduct<Lanes128, DotProductDot, Vector128<byte>>>.MatMulInt8),
                new("portable-256", Wide(256), SparseKernels<TableExpander, TBits, PanelProduct<Lanes256, PortableDot256, Vector256<byte>>>.MatMulInt8),
                new(
                    "portable-128",
                    CpuFeatures.Vector,
                    SparseKernels<TableExpander, TBits, PanelProduct<Lanes128, PortableDot128, Vector128<byte>>>.MatMulInt8),
                new("scalar", CpuFeatures.None, SparseKernels<ScalarExpander, TBits, ScalarProduct>.MatMulInt8),
            ]);
}
