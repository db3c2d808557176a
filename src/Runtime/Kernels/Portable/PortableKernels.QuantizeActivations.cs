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
            int sum = 0;
            for (int i = 0; i < PanelMatrix.BlockColumns; i += 2 * Vector128<short>.Count)
            {
                Vector128<int> r0 = Round(x + i);
                Vector128<int> r1 = Round(x + i + 4);
                Vector128<int> r2 = Round(x + i + 8);
                Vector128<int> r3 = Round(x + i + 12);
                Vector128.Narrow(Vector128.Narrow(r0, r1), Vector128.Narrow(r2, r3)).Store(codes + i);
                *sums = Vector128.Sum(r0 + r1 + r2 + r3);
                sum += *sums;
                sums++;
            }

            scales[block] = isZero ? 0 : largest / 127f;
            scaledSums[block] = scales[block] * sum;
            x += PanelMatrix.BlockColumns;
            codes += PanelMatrix.BlockColumns;

            Vector128<int> Round(float* source)
            {
                Vector128<float> scaled = Vector128.Load(source) * inverse;

                // What is not a number becomes zero here; the block's scale carries it on.
                Vector128<int> isNumber = Vector128.LessThanOrEqual(Vector128.Abs(scaled), Vector128.Create(128f)).AsInt32();
                return ((scaled + Vector128.Create(Magic)).AsInt32() - Vector128.Create(MagicBits)) & isNumber;
            }
        }
    }
}
