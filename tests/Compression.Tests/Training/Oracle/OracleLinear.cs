namespace Sparrow.Compression.Tests.Training.Oracle;

/// <summary>y = x Wᵀ + b and its gradients, in plain loops of doubles; x is [tokens, columns], W is [rows, columns].</summary>
internal static class OracleLinear
{
    public static double[] Forward(double[] x, double[] w, double[]? bias, int rows, int columns)
    {
        int tokens = x.Length / columns;
        double[] y = new double[tokens * rows];
        for (int i = 0; i < y.Length; i++)
        {
            (int token, int row) = (i / rows, i % rows);
            y[i] = bias?[row] ?? 0;
            for (int c = 0; c < columns; c++)
            {
                y[i] += w[(row * columns) + c] * x[(token * columns) + c];
            }
        }

        return y;
    }

    public static (double[] Dx, double[] Dw, double[] Db) Backward(double[] dy, double[] x, double[] w, int rows, int columns)
    {
        double[] dx = new double[x.Length];
        double[] dw = new double[w.Length];
        double[] db = new double[rows];
        for (int i = 0; i < dy.Length; i++)
        {
            (int token, int row) = (i / rows, i % rows);
            db[row] += dy[i];
            for (int c = 0; c < columns; c++)
            {
                dx[(token * columns) + c] += dy[i] * w[(row * columns) + c];
                dw[(row * columns) + c] += dy[i] * x[(token * columns) + c];
            }
        }

        return (dx, dw, db);
    }

    /// <summary>M ∘ (W + γ·B·A).</summary>
    public static double[] Merge(double[] w, double[] a, double[] b, double scale, Func<int, int, bool> isKept, int rows, int columns)
    {
        int rank = a.Length / columns;
        double[] merged = new double[w.Length];
        for (int i = 0; i < w.Length; i++)
        {
            (int row, int column) = (i / columns, i % columns);
            double sum = w[i];
            for (int k = 0; k < rank; k++)
            {
                sum += scale * b[(row * rank) + k] * a[(k * columns) + column];
            }

            merged[i] = isKept(row, column) ? sum : 0;
        }

        return merged;
    }

    /// <summary>Gradients of A and B from that of the merged weights.</summary>
    public static (double[] Da, double[] Db) MergeBackward(double[] dw, double[] a, double[] b, double scale, Func<int, int, bool> isKept, int rows, int columns)
    {
        int rank = a.Length / columns;
        double[] da = new double[a.Length];
        double[] db = new double[b.Length];
        for (int i = 0; i < rows * columns; i++)
        {
            (int row, int column) = (i / columns, i % columns);
            for (int k = 0; k < rank && isKept(row, column); k++)
            {
                da[(k * columns) + column] += scale * b[(row * rank) + k] * dw[i];
                db[(row * rank) + k] += scale * a[(k * columns) + column] * dw[i];
            }
        }

        return (da, db);
    }
}
