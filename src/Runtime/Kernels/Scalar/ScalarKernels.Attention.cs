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

    public static void SoftmaxBlock(
        float* scores, int rowCount, int* firsts, int* ends, float* maxima, float* sums, float* corrections)
    {
        for (int row = 0; row < rowCount; row++, scores += BlockTokens)
        {
            float maximum = maxima[row];
            for (int j = firsts[row]; j < ends[row]; j++)
            {
                maximum = Math.Max(maximum, scores[j]);
            }

            double blockSum = 0;
            for (int j = 0; j < BlockTokens; j++)
            {
                scores[j] = j >= firsts[row] && j < ends[row] ? (float)Math.Exp((double)scores[j] - maximum) : 0;
                blockSum += scores[j];
            }

            // An unchanged maximum may be −∞, where nothing has been seen yet: its difference from itself is no number.
            corrections[row] = maxima[row] == maximum ? 1 : (float)Math.Exp((double)maxima[row] - maximum);
            maxima[row] = maximum;
            sums[row] = (float)(((double)sums[row] * corrections[row]) + blockSum);
        }
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
