using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class PortableKernels
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToHalf(float* x, ushort* y, int count)
    {
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            Vector256<uint> bits = VectorMath.ToHalfBits(Vector256.Load(x + i));
            Vector128.Narrow(bits.GetLower(), bits.GetUpper()).Store(y + i);
        }

        if (i < count)
        {
            ScalarKernels.ToHalf(x + i, y + i, count - i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromHalf(ushort* x, float* y, int count)
    {
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            VectorMath.LoadHalves8(x + i).Store(y + i);
        }

        if (i < count)
        {
            ScalarKernels.FromHalf(x + i, y + i, count - i);
        }
    }
}
