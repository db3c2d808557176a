namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class ScalarKernels
{
    // (a, b) = (x[i], x[i + half]) becomes (a·cos − b·sin, b·cos + a·sin), as Hugging Face's rotate_half.
    public static void RotateHalves(float* x, int headCount, int headSize, int half, float* cosines, float* sines)
    {
        for (int head = 0; head < headCount; head++, x += headSize)
        {
            for (int i = 0; i < half; i++)
            {
                float a = x[i];
                float b = x[i + half];
                x[i] = (float)(((double)a * cosines[i]) - ((double)b * sines[i]));
                x[i + half] = (float)(((double)b * cosines[i]) + ((double)a * sines[i]));
            }
        }
    }
}
