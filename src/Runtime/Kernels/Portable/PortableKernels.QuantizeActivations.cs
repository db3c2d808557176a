using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class PortableKernels
{
    // scale = max|x| / 127, code = x / scale to the nearest, ties to even. Adding 1.5 · 2^23 leaves the rounded value in the low bits of the float.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void QuantizeActivations(float* x, int blockCount, sbyte* codes, float* scales, int* sums, float* scaledSums)
    {
        const float Magic = 12582912f;
        const int MagicBits = 0x4b400000;
        for (int block = 0; block < blockCount; block++)
        {
            Vector128<float> largest4 = Vector128<float>.Zero;
            for (int i = 0; i < PanelMatrix.BlockColumns; i += Vector128<float>.Count)
            {
                largest4 = Vector128.Max(largest4, Vector128.Abs(Vector128.Load(x + i)));
            }

            float largest = MathF.Max(
                MathF.Max(largest4.GetElement(0), largest4.GetElement(1)), MathF.Max(largest4.GetElement(2), largest4.GetElement(3)));
            bool isZero = largest < ScalarKernels.SmallestQuantized;
            Vector128<float> inverse = Vector128.Create(isZero ? 0 : 127f / largest);
            Vector128<int> sum4 = Vector128<int>.Zero;
            for (int i = 0; i < PanelMatrix.BlockColumns; i += 2 * Vector128<short>.Count)
            {
                Vector128<short> lower = Vector128.Narrow(Round(x + i), Round(x + i + 4));
                Vector128<short> upper = Vector128.Narrow(Round(x + i + 8), Round(x + i + 12));
                Vector128.Narrow(lower, upper).Store(codes + i);
            }

            int sum = Vector128.Sum(sum4);
            scales[block] = isZero ? 0 : largest / 127f;
            sums[block] = sum;
            scaledSums[block] = scales[block] * sum;
            x += PanelMatrix.BlockColumns;
            codes += PanelMatrix.BlockColumns;

            Vector128<int> Round(float* source)
            {
                Vector128<float> scaled = Vector128.Load(source) * inverse;

                // What is not a number becomes zero here; the block's scale carries it on.
                Vector128<int> isNumber = Vector128.LessThanOrEqual(Vector128.Abs(scaled), Vector128.Create(128f)).AsInt32();
                Vector128<int> rounded = ((scaled + Vector128.Create(Magic)).AsInt32() - Vector128.Create(MagicBits)) & isNumber;
                sum4 += rounded;
                return rounded;
            }
        }
    }
}
