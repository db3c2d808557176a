namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class ScalarKernels
{
    // y[i] = (x[i] − mean) / sqrt(variance + epsilon) · weight[i] + bias[i], with sums in double.
    public static void LayerNorm(float* x, float* weight, float* bias, float epsilon, float* y, int count)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += x[i];
        }

        double mean = sum / count;
        double squares = 0;
        for (int i = 0; i < count; i++)
        {
            squares += (x[i] - mean) * (x[i] - mean);
        }

        double scale = 1 / Math.Sqrt((squares / count) + epsilon);
        for (int i = 0; i < count; i++)
        {
            double normed = (x[i] - mean) * scale * weight[i];
            y[i] = (float)(bias is null ? normed : normed + bias[i]);
        }
    }
}
