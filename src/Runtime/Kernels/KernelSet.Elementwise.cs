namespace Sparrow.Runtime.Kernels;

/// <summary>y[i] = x[i] / sqrt(mean(x²) + epsilon) · weight[i], over <paramref name="count"/> values.</summary>
internal unsafe delegate void RmsNormKernel(float* x, float* weight, float epsilon, float* y, int count);

public sealed partial class KernelSet
{
    internal RmsNormKernel RmsNorm { get; private set; } = null!;

    private unsafe void BindElementwise()
    {
        RmsNorm = Bind<RmsNormKernel>(
            "rms-norm",
            [
                new("scalar", CpuFeatures.None, ScalarKernels.RmsNorm),
            ]);
    }
}
