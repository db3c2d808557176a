namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class ScalarKernels
{
    // x[i] += scale · y[i], fused: the residual stream.
    public static void AddScaled(float* x, float* y, float scale, int count)
    {
        for (int i = 0; i < count; i++)
        {
            x[i] = MathF.FusedMultiplyAdd(y[i], scale, x[i]);
        }
    }
}
