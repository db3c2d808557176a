namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class ScalarKernels
{
    // The cache must stay finite, so what a half cannot hold becomes the largest half.
    public static void ToHalf(float* x, ushort* y, int count)
    {
        for (int i = 0; i < count; i++)
        {
            y[i] = BitConverter.HalfToUInt16Bits((Half)Math.Clamp(x[i], -65504f, 65504f));
        }
    }

    public static void FromHalf(ushort* x, float* y, int count)
    {
        for (int i = 0; i < count; i++)
        {
            y[i] = (float)BitConverter.UInt16BitsToHalf(x[i]);
        }
    }
}
