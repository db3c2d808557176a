namespace Sparrow.Runtime.Kernels;

// Attention over paired codes: see the delegates.
internal static unsafe partial class ScalarKernels
{
    public const float LargestWord = 32767;

    // Below this nothing is lost that shows, and its reciprocal is finite.
    public const float LeastRow = 1e-30f;

    public static void PairScores<TCodes>(
        short* q, int rowCount, byte* keys, int steps, float* rowScales, float* rowFactors, float* scales, float* minima, float* scores)
        where TCodes : IPairedCodes
    {
        for (int row = 0; row < rowCount; row++, q += 4 * steps, scores += BlockTokens)
        {
            for (int j = 0; j < BlockTokens; j++)
            {
                int sum = 0;
                for (int d = 0; d < 4 * steps; d++)
                {
                    sum += q[d] * PairedCodes.Load(keys, TCodes.Bits, (d / 2 * 2) + (j / 16), j % 16, d % 2);
                }

                scores[j] = MathF.FusedMultiplyAdd(scales[j] * rowScales[row], sum, minima[j] * rowFactors[row]);
            }
        }
    }

    public static void PairSums<TCodes>(
        short* weights, int rowCount, byte* codes, int chunkCount, int stride, float* rowScales, float* corrections, float* biases, float* result)
        where TCodes : IPairedCodes
    {
        for (int row = 0; row < rowCount; row++, weights += BlockTokens, result += stride)
        {
            for (int d = 0; d < 16 * chunkCount; d++)
            {
                int sum = 0;
                for (int j = 0; j < BlockTokens; j++)
                {
                    sum += weights[j] * PairedCodes.Load(codes, TCodes.Bits, (d / 16 * 16) + (j / 2), d % 16, j % 2);
                }

                result[d] = MathF.FusedMultiplyAdd(sum, rowScales[row], MathF.FusedMultiplyAdd(result[d], corrections[row], biases[row]));
            }
        }
    }

    public static void RoundRows(
        float* x, int rowCount, int count, float* scales, float* minima, short* codes, int codeStride, float* rowScales, float* sums)
    {
        for (int row = 0; row < rowCount; row++, x += count, codes += codeStride)
        {
            float largest = 0;
            float sum = 0;
            for (int i = 0; i < count; i++)
            {
                largest = MathF.Max(largest, MathF.Abs(x[i] * scales[i]));
                sum = MathF.FusedMultiplyAdd(x[i], minima[i], sum);
            }

            float inverse = Inverse(largest, out rowScales[row]);
            sums[row] = sum;
            for (int i = 0; i < codeStride; i++)
            {
                codes[i] = i < count ? (short)MathF.Round(x[i] * scales[i] * inverse) : (short)0;
            }
        }
    }

    /// <summary>What a row is multiplied by to become 16-bit integers, and the scale that undoes it.</summary>
    public static float Inverse(float largest, out float rowScale)
    {
        rowScale = largest < LeastRow ? 0 : largest / LargestWord;
        return largest < LeastRow ? 0 : LargestWord / largest;
    }
}
