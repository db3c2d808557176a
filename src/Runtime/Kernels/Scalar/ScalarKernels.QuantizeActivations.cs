namespace Sparrow.Runtime.Kernels;

internal static unsafe partial class ScalarKernels
{
    public static void QuantizeActivations(float* x, int blockCount, sbyte* codes, float* scales, int* sums, float* scaledSums)
    {
        for (int block = 0; block < blockCount; block++)
        {
            float largest = 0;
            for (int i = 0; i < PanelMatrix.BlockColumns; i++)
            {
                // Max carries a NaN over: a block with one gets it as its scale, and so do the results.
                largest = MathF.Max(largest, MathF.Abs(x[i]));
            }

            // Below this the inverse would overflow; such a block is as good as zero.
            float inverse = largest < SmallestQuantized ? 0 : 127f / largest;
            sums[0] = 0;
            sums[1] = 0;
            for (int i = 0; i < PanelMatrix.BlockColumns; i++)
            {
                float scaled = MathF.Round(x[i] * inverse);
                codes[i] = float.IsFinite(scaled) ? (sbyte)scaled : (sbyte)0;
                sums[i / 16] += codes[i];
            }

            scales[block] = largest < SmallestQuantized ? 0 : largest / 127f;
            scaledSums[block] = scales[block] * (sums[0] + sums[1]);
            x += PanelMatrix.BlockColumns;
            codes += PanelMatrix.BlockColumns;
            sums += 2;
        }
    }

    /// <summary>Blocks whose largest magnitude is below this become zeros: 127 divided by it is still finite.</summary>
    public const float SmallestQuantized = 1e-36f;
}
