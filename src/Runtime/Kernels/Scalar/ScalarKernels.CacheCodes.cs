namespace Sparrow.Runtime.Kernels;

// What attention over codes adds to attention over floats: see the delegates.
internal static unsafe partial class ScalarKernels
{
    public static void CodeSum<TCodes>(
        float* weights, int rowCount, void* codes, int first, int end, int stride, int width, float* corrections, float* biases, float* result)
        where TCodes : ICacheCodes
    {
        for (int row = 0; row < rowCount; row++, weights += BlockTokens, result += stride)
        {
            for (int d = 0; d < width; d++)
            {
                float sum = MathF.FusedMultiplyAdd(result[d], corrections[row], biases[row]);
                for (int j = first; j < end; j++)
                {
                    sum = MathF.FusedMultiplyAdd(weights[j], TCodes.Load1(codes, (j * stride) + d), sum);
                }

                result[d] = sum;
            }
        }
    }

    public static float FoldScales(float* x, float* scales, float* minima, float* folded, int count)
    {
        float sum = 0;
        for (int i = 0; i < count; i++)
        {
            folded[i] = x[i] * scales[i];
            sum = MathF.FusedMultiplyAdd(x[i], minima[i], sum);
        }

        return sum;
    }

    public static void ScaleScores(float* scores, float* scales, float* minima, float querySum)
    {
        for (int j = 0; j < BlockTokens; j++)
        {
            scores[j] = MathF.FusedMultiplyAdd(scales[j], scores[j], minima[j] * querySum);
        }
    }

    public static float SumRow(float* x, int count)
    {
        float sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += x[i];
        }

        return sum;
    }
}
