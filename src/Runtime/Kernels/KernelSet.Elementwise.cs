namespace Sparrow.Runtime.Kernels;

/// <summary>y[i] = x[i] / sqrt(mean(x²) + epsilon) · weight[i], over <paramref name="count"/> values. In place is allowed.</summary>
internal unsafe delegate void RmsNormKernel(float* x, float* weight, float epsilon, float* y, int count);

/// <summary>y[i] = (x[i] − mean) / sqrt(variance + epsilon) · weight[i] + bias[i]; a null <paramref name="bias"/> is none. In place is allowed.</summary>
internal unsafe delegate void LayerNormKernel(float* x, float* weight, float* bias, float epsilon, float* y, int count);

/// <summary>
/// Rotates the pairs (i, i + half) of each of <paramref name="headCount"/> heads of <paramref name="headSize"/> values in place, for
/// i below <paramref name="half"/>; what lies beyond 2 · half stays as it is.
/// </summary>
internal unsafe delegate void RotateHalvesKernel(float* x, int headCount, int headSize, int half, float* cosines, float* sines);

/// <summary>gate[i] = activation(gate[i]) · up[i]; a null <paramref name="up"/> leaves the product out.</summary>
internal unsafe delegate void GateKernel(float* gate, float* up, int count);

/// <summary>x[i] += scale · y[i].</summary>
internal unsafe delegate void AddScaledKernel(float* x, float* y, float scale, int count);

/// <summary>Rounds floats to halves, ties to even; what is beyond the largest half becomes the largest half.</summary>
internal unsafe delegate void ToHalfKernel(float* x, ushort* y, int count);

/// <summary>Widens finite halves to floats, exactly.</summary>
internal unsafe delegate void FromHalfKernel(ushort* x, float* y, int count);

public sealed partial class KernelSet
{
    internal RmsNormKernel RmsNorm { get; private set; } = null!;

    internal LayerNormKernel LayerNorm { get; private set; } = null!;

    internal RotateHalvesKernel RotateHalves { get; private set; } = null!;

    internal GateKernel GateSilu { get; private set; } = null!;

    internal GateKernel GateGelu { get; private set; } = null!;

    internal GateKernel GateGeluTanh { get; private set; } = null!;

    internal GateKernel GateRelu { get; private set; } = null!;

    internal AddScaledKernel AddScaled { get; private set; } = null!;

    internal ToHalfKernel ToHalf { get; private set; } = null!;

    internal FromHalfKernel FromHalf { get; private set; } = null!;

    private unsafe void BindElementwise()
    {
        RmsNorm = Bind<RmsNormKernel>(
            "rms-norm",
            [
                new("portable", CpuFeatures.Vector, PortableKernels.RmsNorm),
                new("scalar", CpuFeatures.None, ScalarKernels.RmsNorm),
            ]);
        LayerNorm = Bind<LayerNormKernel>(
            "layer-norm",
            [
                new("portable", CpuFeatures.Vector, PortableKernels.LayerNorm),
                new("scalar", CpuFeatures.None, ScalarKernels.LayerNorm),
            ]);
        RotateHalves = Bind<RotateHalvesKernel>(
            "rotate-halves",
            [
                new("portable", CpuFeatures.Vector, PortableKernels.RotateHalves),
                new("scalar", CpuFeatures.None, ScalarKernels.RotateHalves),
            ]);
        GateSilu = Bind<GateKernel>(
            "gate-silu",
            [
                new("avx512", CpuFeatures.Avx512, Avx512Kernels.GateSilu),
                new("portable", CpuFeatures.Vector, PortableKernels.GateSilu),
                new("scalar", CpuFeatures.None, ScalarKernels.GateSilu),
            ]);
        GateGelu = Bind<GateKernel>(
            "gate-gelu",
            [
                new("scalar", CpuFeatures.None, ScalarKernels.GateGelu),
            ]);
        GateGeluTanh = Bind<GateKernel>(
            "gate-gelu-tanh",
            [
                new("portable", CpuFeatures.Vector, PortableKernels.GateGeluTanh),
                new("scalar", CpuFeatures.None, ScalarKernels.GateGeluTanh),
            ]);
        GateRelu = Bind<GateKernel>(
            "gate-relu",
            [
                new("scalar", CpuFeatures.None, ScalarKernels.GateRelu),
            ]);
        AddScaled = Bind<AddScaledKernel>(
            "add-scaled",
            [
                new("portable", CpuFeatures.Vector, PortableKernels.AddScaled),
                new("scalar", CpuFeatures.None, ScalarKernels.AddScaled),
            ]);
        ToHalf = Bind<ToHalfKernel>(
            "to-half",
            [
                new("portable", CpuFeatures.Vector, PortableKernels.ToHalf),
                new("scalar", CpuFeatures.None, ScalarKernels.ToHalf),
            ]);
        FromHalf = Bind<FromHalfKernel>(
            "from-half",
            [
                new("portable", CpuFeatures.Vector, PortableKernels.FromHalf),
                new("scalar", CpuFeatures.None, ScalarKernels.FromHalf),
            ]);
    }
}
