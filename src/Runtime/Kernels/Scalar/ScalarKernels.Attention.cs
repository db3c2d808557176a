namespace Sparrow.Runtime.Kernels;

// One block of 32 tokens, one head, some query rows: see the delegates for shapes and order.
internal static unsafe partial class ScalarKernels
{
    private const int BlockTokens = 32;

    public static void KeyScores<TElements>(float* q, int rowCount, void* keys, int headSize, float* scores)
        where TElements : ICacheElements
    {
        for (int row = 0; row < rowCount; row++, q += headSize, scores += BlockTokens)
        {
            for (int j = 0; j < BlockTokens; j++)
            {
                float sum = 0;
                for (int d = 0; d < headSize; d++)
                {
                    sum = MathF.FusedMultiplyAdd(q[d], TElements.Load1(keys, (d * BlockTokens) + j), sum);
                }

                scores[j] = sum;
            }
        }
    }

    public static float SoftmaxBlock(float* scores, int first, int end, float* maximum, float* sum)
    {
        float newMaximum = *maximum;
        for (int j = first; j < end; j++)
        {
            newMaximum = Math.Max(newMaximum, scores[j]);
        }

        double blockSum = 0;
        for (int j = 0; j < BlockTokens; j++)
        {
            scores[j] = j >= first && j < end ? (float)Math.Exp((double)scores[j] - newMaximum) : 0;
            blockSum += scores[j];
        }

        // Before the first visible key the maximum is −∞, and what was summed so far is 0 whatever it is multiplied by.
        float correction = float.IsNegativeInfinity(*maximum) ? 0 : (float)Math.Exp((double)*maximum - newMaximum);
        *maximum = newMaximum;
        *sum = (float)(((double)*sum * correction) + blockSum);
        return correction;
    }

    public static void ValueSum<TElements>(
        float* weights, int rowCount, void* values, int first, int end, int paddedHeadSize, float* corrections, float* result)
        where TElements : ICacheElements
    {
        for (int row = 0; row < rowCount; row++, weights += BlockTokens, result += paddedHeadSize)
        {
            for (int d = 0; d < paddedHeadSize; d++)
            {
                float sum = result[d] * corrections[row];
                for (int j = first; j < end; j++)
                {
                    sum = MathF.FusedMultiplyAdd(weights[j], TElements.Load1(values, (j * paddedHeadSize) + d), sum);
                }

                result[d] = sum;
            }
        }
    }

    public static void SoftCap(float* x, float cap, int count)
    {
        for (int i = 0; i < count; i++)
        {
            x[i] = (float)(cap * Math.Tanh(x[i] / (double)cap));
        }
    }
}
