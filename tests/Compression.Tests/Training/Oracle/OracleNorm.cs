namespace Sparrow.Compression.Tests.Training.Oracle;

/// <summary>RMS norm of pieces of <c>gain.Length</c> values, and its gradients.</summary>
internal static class OracleNorm
{
    public static double[] Forward(double[] x, double[] gain, double epsilon)
    {
        double[] y = new double[x.Length];
        for (int first = 0; first < x.Length; first += gain.Length)
        {
            double scale = Scale(x, first, gain.Length, epsilon);
            for (int i = 0; i < gain.Length; i++)
            {
                y[first + i] = x[first + i] * scale * gain[i];
            }
        }

        return y;
    }

    public static (double[] Dx, double[] Dgain) Backward(double[] dy, double[] x, double[] gain, double epsilon)
    {
        double[] dx = new double[x.Length];
        double[] dgain = new double[gain.Length];
        for (int first = 0; first < x.Length; first += gain.Length)
        {
            double scale = Scale(x, first, gain.Length, epsilon);
            double sum = 0;
            for (int i = 0; i < gain.Length; i++)
            {
                sum += dy[first + i] * gain[i] * x[first + i];
                dgain[i] += dy[first + i] * x[first + i] * scale;
            }

            for (int i = 0; i < gain.Length; i++)
            {
                dx[first + i] = scale * ((dy[first + i] * gain[i]) - (x[first + i] * scale * scale * sum / gain.Length));
            }
        }

        return (dx, dgain);
    }

    private static double Scale(double[] x, int first, int count, double epsilon)
    {
        double squares = 0;
        for (int i = first; i < first + count; i++)
        {
            squares += x[i] * x[i];
        }

        return 1 / Math.Sqrt((squares / count) + epsilon);
    }
}
