namespace Sparrow.Compression.LinearAlgebra;

/// <summary>
/// Eigenvalues and eigenvectors of a small symmetric matrix: Householder reflections to tridiagonal form, then implicitly shifted QR steps. Vectors are
/// kept as rows, so that reflections and rotations walk along memory.
/// </summary>
internal static class SymmetricEigen
{
    private const int MaxSteps = 60;

    /// <summary>Decomposes A = Vᵀ·diag(values)·V with the values descending and row i of V the vector of value i.</summary>
    /// <param name="matrix">A, row-major, symmetric; receives V.</param>
    /// <param name="size">Its width.</param>
    /// <returns>The eigenvalues.</returns>
    /// <exception cref="ArithmeticException">The steps did not converge (the matrix is not finite).</exception>
    public static double[] Decompose(double[] matrix, int size)
    {
        double[] diagonal = new double[size];
        double[] side = new double[size];
        double[] vectors = new double[size * size];
        for (int i = 0; i < size; i++)
        {
            vectors[i * (size + 1)] = 1;
        }

        Reduce(matrix, size, diagonal, side, vectors);
        Diagonalize(diagonal, side, vectors, size);
        int[] order = [.. Enumerable.Range(0, size).OrderByDescending(i => diagonal[i])];
        for (int i = 0; i < size; i++)
        {
            vectors.AsSpan(order[i] * size, size).CopyTo(matrix.AsSpan(i * size));
        }

        return [.. order.Select(i => diagonal[i])];
    }

    /// <summary>
    /// A becomes tridiagonal by A ← P·A·P with P = I − βvvᵀ for each column; the product of all P is gathered in the rows of <paramref name="vectors"/>.
    /// side[i] couples i and i + 1.
    /// </summary>
    private static void Reduce(double[] a, int n, double[] diagonal, double[] side, double[] vectors)
    {
        double[] v = new double[n];
        double[] p = new double[n];
        for (int k = 0; k < n - 1; k++)
        {
            diagonal[k] = a[k * (n + 1)];
            int first = k + 1;
            a.AsSpan((k * n) + first, n - first).CopyTo(v.AsSpan(first));
            Span<double> tail = v.AsSpan(first);
            double norm = Math.Sqrt(DenseKernels.Dot<double>(tail, tail));
            double head = v[first];
            side[k] = head > 0 ? -norm : norm;
            if (norm == 0)
            {
                continue;
            }

            v[first] -= side[k];
            double beta = 1 / (norm * (norm + Math.Abs(head)));

            // p = βAv, then A −= v·wᵀ + w·vᵀ with w = p − (β/2)(p·v)v.
            for (int i = first; i < n; i++)
            {
                p[i] = beta * DenseKernels.Dot<double>(a.AsSpan((i * n) + first, n - first), tail);
            }

            DenseKernels.AddScaled(tail, -0.5 * beta * DenseKernels.Dot<double>(p.AsSpan(first), tail), p.AsSpan(first));
            for (int i = first; i < n; i++)
            {
                Span<double> row = a.AsSpan((i * n) + first, n - first);
                DenseKernels.AddScaled(p.AsSpan(first), -v[i], row);
                DenseKernels.AddScaled(tail, -p[i], row);
            }

            // Rows of the gathered product: Z ← P·Z.
            Span<double> mixed = new double[n];
            for (int i = first; i < n; i++)
            {
                DenseKernels.AddScaled(vectors.AsSpan(i * n, n), v[i], mixed);
            }

            for (int i = first; i < n; i++)
            {
                DenseKernels.AddScaled(mixed, -beta * v[i], vectors.AsSpan(i * n, n));
            }
        }

        diagonal[n - 1] = a[(n * n) - 1];
    }

    private static void Diagonalize(double[] d, double[] e, double[] vectors, int n)
    {
        // What couples two entries counts as 0 below the rounding of the entries, or of the whole matrix where both are next to 0.
        double floor = 0;
        for (int i = 0; i < n; i++)
        {
            floor = Math.Max(floor, 1e-17 * (Math.Abs(d[i]) + Math.Abs(e[i])));
        }

        for (int low = 0; low < n; low++)
        {
            for (int step = 0; ; step++)
            {
                int high = low;
                while (high < n - 1 && Math.Abs(e[high]) > floor + (1.1e-16 * (Math.Abs(d[high]) + Math.Abs(d[high + 1]))))
                {
                    high++;
                }

                if (high == low)
                {
                    break;
                }

                if (step == MaxSteps || !double.IsFinite(d[low]))
                {
                    throw new ArithmeticException("The eigenvalues of a symmetric matrix did not converge.");
                }

                Chase(d, e, vectors, n, low, high);
            }
        }
    }

    /// <summary>One step from the bottom of [low, high] to its top: the shift is the eigenvalue of the top corner nearest its first entry.</summary>
    private static void Chase(double[] d, double[] e, double[] vectors, int n, int low, int high)
    {
        double g = (d[low + 1] - d[low]) / (2 * e[low]);
        double r = Math.Sqrt((g * g) + 1);
        g = d[high] - d[low] + (e[low] / (g + Math.CopySign(r, g)));
        double sine = 1;
        double cosine = 1;
        double shift = 0;
        for (int i = high - 1; i >= low; i--)
        {
            double f = sine * e[i];
            double b = cosine * e[i];
            r = Math.Sqrt((f * f) + (g * g));
            e[i + 1] = r;
            if (r == 0)
            {
                d[i + 1] -= shift;
                e[high] = 0;
                return;
            }

            sine = f / r;
            cosine = g / r;
            g = d[i + 1] - shift;
            r = ((d[i] - g) * sine) + (2 * cosine * b);
            shift = sine * r;
            d[i + 1] = g + shift;
            g = (cosine * r) - b;
            Rotate(vectors.AsSpan(i * n, n), vectors.AsSpan((i + 1) * n, n), cosine, sine);
        }

        d[low] -= shift;
        e[low] = g;
        e[high] = 0;
    }

    private static void Rotate(Span<double> x, Span<double> y, double cosine, double sine)
    {
        for (int i = 0; i < x.Length; i++)
        {
            double old = y[i];
            y[i] = (sine * x[i]) + (cosine * old);
            x[i] = (cosine * x[i]) - (sine * old);
        }
    }
}
