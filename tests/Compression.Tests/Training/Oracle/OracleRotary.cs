namespace Sparrow.Compression.Tests.Training.Oracle;

/// <summary>Rotation of the halves of each head by position, and its transpose.</summary>
internal static class OracleRotary
{
    /// <param name="x">[tokens, heads · head size].</param>
    /// <param name="positions">Of the tokens.</param>
    /// <param name="angles">Of the pairs, a position.</param>
    /// <param name="headSize">Values of a head.</param>
    /// <param name="back">Multiplies by the transpose.</param>
    public static double[] Rotate(double[] x, int[] positions, double[] angles, int headSize, bool back)
    {
        double[] y = [.. x];
        int width = x.Length / positions.Length;
        for (int token = 0; token < positions.Length; token++)
        {
            for (int head = 0; head < width; head += headSize)
            {
                for (int i = 0; i < angles.Length; i++)
                {
                    double angle = (back ? -1 : 1) * positions[token] * angles[i];
                    int low = (token * width) + head + i;
                    int high = low + angles.Length;
                    y[low] = (x[low] * Math.Cos(angle)) - (x[high] * Math.Sin(angle));
                    y[high] = (x[high] * Math.Cos(angle)) + (x[low] * Math.Sin(angle));
                }
            }
        }

        return y;
    }
}
