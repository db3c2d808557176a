using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

public sealed partial class KernelSet
{
    /// <summary>4-bit codes into a table (<see cref="CodeTable"/>), float activations.</summary>
    internal MatMulKernel MatMulTable { get; private set; } = null!;

    /// <summary>4-bit codes into a table of whole numbers, int8 activations.</summary>
    internal MatMulInt8Kernel MatMulTableInt8 { get; private set; } = null!;

    // Values are whole bytes, as 8-bit codes are: so the preference is theirs.
    private unsafe void BindMatMulTable()
    {
        MatMulTable = BindFloat<TableFormat>("matmul-table", ScalarKernels.MatMulTable);
        MatMulTableInt8 = Bind<MatMulInt8Kernel>(
            "matmul-table-int8",
            [
                new("avx2-vnni", CpuFeatures.Avx2 | CpuFeatures.AvxVnni, PanelKernelsTableInt8<Lanes256, AvxVnniDot, Vector256<byte>>.MatMul),
                new("avx512", CpuFeatures.Avx512, PanelKernelsTableInt8<Lanes512, Avx512Dot, Vector512<byte>>.MatMul),
                new("avx2", CpuFeatures.Avx2, PanelKernelsTableInt8<Lanes256, Avx2Dot, Vector256<byte>>.MatMul),
                new("dotprod", CpuFeatures.DotProduct, PanelKernelsTableInt8<Lanes128, DotProductDot, Vector128<byte>>.MatMul),
                new("portable-512", Wide(512), PanelKernelsTableInt8<Lanes512, PortableDot512, Vector512<byte>>.MatMul),
                new("portable-256", Wide(256), PanelKernelsTableInt8<Lanes256, PortableDot256, Vector256<byte>>.MatMul),
                new("portable-128", CpuFeatures.Vector, PanelKernelsTableInt8<Lanes128, PortableDot128, Vector128<byte>>.MatMul),
                new("scalar", CpuFeatures.None, ScalarKernels.MatMulTableInt8),
            ]);
    }
}
