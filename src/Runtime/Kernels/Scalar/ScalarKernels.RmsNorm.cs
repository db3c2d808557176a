namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class ScalarKernels
{
    // y[i] = x[i] / sqrt(mean(x²) + epsilon) · weight[i]. The sum is taken in double: this is the oracle.
    public static void RmsNorm(float* x, float* weight, float epsilon, float* y, int count)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += (double)x[i] * x[i];
        }

        float scale = (float)(1 / Math.Sqrt((sum / count) + epsilon));
        for (int i = 0; i < count; i++)
        {
            y[i] = x[i] * scale * weight[i];
        }
    }
}
