using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

public sealed partial class KernelSet
{
    /// <summary>Q4_K records (<see cref="KQuantRecord"/>), float activations.</summary>
    internal MatMulKernel MatMulQ4K { get; private set; } = null!;

    /// <summary>Q5_K records, float activations.</summary>
    internal MatMulKernel MatMulQ5K { get; private set; } = null!;

    /// <summary>Q6_K records, float activations.</summary>
    internal MatMulKernel MatMulQ6K { get; private set; } = null!;

    /// <summary>Q4_K records, int8 activations.</summary>
    internal MatMulInt8Kernel MatMulQ4KInt8 { get; private set; } = null!;

    /// <summary>Q5_K records, int8 activations.</summary>
    internal MatMulInt8Kernel MatMulQ5KInt8 { get; private set; } = null!;

    /// <summary>Q6_K records, int8 activations.</summary>
    internal MatMulInt8Kernel MatMulQ6KInt8 { get; private set; } = null!;

    private unsafe void BindMatMulKQuants()
    {
        MatMulQ4K = BindFloat<KQuantFormat<Q4K>>("matmul-q4k", ScalarKernels.MatMulKQuant<Q4K>);
        MatMulQ5K = BindFloat<KQuantFormat<Q5K>>("matmul-q5k", ScalarKernels.MatMulKQuant<Q5K>);
        MatMulQ6K = BindFloat<KQuantFormat<Q6K>>("matmul-q6k", ScalarKernels.MatMulKQuant<Q6K>);
        MatMulQ4KInt8 = BindKQuantInt8<Q4K>("matmul-q4k-int8");
        MatMulQ5KInt8 = BindKQuantInt8<Q5K>("matmul-q5k-int8");
        MatMulQ6KInt8 = BindKQuantInt8<Q6K>("matmul-q6k-int8");
    }

    private unsafe MatMulInt8Kernel BindKQuantInt8<TBits>(string operation)
        where TBits : struct, IKQuantBits =>
        Bind<MatMulInt8Kernel>(
            operation,
            [
                new("avx512", CpuFeatures.Avx512, PanelKernelsKQuantInt8<Lanes512, Avx512Dot, TBits, Vector512<byte>>.MatMul),
                new("avx2-vnni", CpuFeatures.Avx2 | CpuFeatures.AvxVnni, PanelKernelsKQuantInt8<Lanes256, AvxVnniDot, TBits, Vector256<byte>>.MatMul),
                new("avx2", CpuFeatures.Avx2, PanelKernelsKQuantInt8<Lanes256, Avx2Dot, TBits, Vector256<byte>>.MatMul),
                new("dotprod", CpuFeatures.DotProduct, PanelKernelsKQuantInt8<Lanes128, DotProductDot, TBits, Vector128<byte>>.MatMul),
                new("portable-512", Wide(512), PanelKernelsKQuantInt8<Lanes512, PortableDot512, TBits, Vector512<byte>>.MatMul),
                new("portable-256", Wide(256), PanelKernelsKQuantInt8<Lanes256, PortableDot256, TBits, Vector256<byte>>.MatMul),
                new("portable-128", CpuFeatures.Vector, PanelKernelsKQuantInt8<Lanes128, PortableDot128, TBits, Vector128<byte>>.MatMul),
                new("scalar", CpuFeatures.None, ScalarKernels.MatMulKQuantInt8<TBits>),
            ]);
}
