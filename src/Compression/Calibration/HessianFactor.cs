using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Calibration;

/// <summary>
/// What optimal-brain methods need of a layer's Hessian H = scale·ΣXᵀX: U, the upper-triangular factor with UᵀU = (H + damping)⁻¹, shared by all rows.
/// </summary>
/// <remarks>
/// The authors factor H, invert it and factor the inverse. With H = R·Rᵀ, R upper triangular, U is R⁻¹: the same matrix, since the factor is unique,
/// for a third of the work and with one rounding less. R is the ordinary factor of H with its rows and columns in reverse.
/// </remarks>
public sealed class HessianFactor
{
    private HessianFactor(int columns, float[] upper, bool[] dead, double damping, double shift)
    {
        Columns = columns;
        Upper = upper;
        Dead = dead;
        Damping = damping;
        Shift = shift;
    }

    public int Columns { get; }

    /// <summary>U, row-major [columns, columns], zeros below the diagonal.</summary>
    public float[] Upper { get; }

    /// <summary>Channels that were always 0. Their diagonal entry counts as 1, and their weights are cleared.</summary>
    public bool[] Dead { get; }

    /// <summary>The relative damping that made the factorisation succeed; above what was asked for where the first try failed.</summary>
    public double Damping { get; }

    /// <summary>What was added to each diagonal entry: damping times the mean of the diagonal.</summary>
    public double Shift { get; }

    /// <summary>Factors a Hessian; the damping is raised tenfold up to 1 until it succeeds.</summary>
    /// <param name="gram">ΣXᵀX, row-major, symmetric; not changed.</param>
    /// <param name="columns">Its width.</param>
    /// <param name="scale">What it is multiplied with: 2 over the number of sequences.</param>
    /// <param name="damping">Share of the mean diagonal to add.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <returns>Null where no damping helps, for example because the matrix holds NaN.</returns>
    public static HessianFactor? TryCreate(double[] gram, int columns, double scale, double damping = 0.01, WorkerPool? pool = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(damping);
        bool[] dead = new bool[columns];
        double mean = 0;
        for (int column = 0; column < columns; column++)
        {
            double entry = gram[(column * columns) + column];
            dead[column] = entry == 0;
            mean += (dead[column] ? 1 : entry * scale) / columns;
        }

        if (!double.IsFinite(mean))
        {
            return null;
        }

        double[] work = new double[columns * columns];
        for (double tried = damping; ;)
        {
            double shift = tried * mean;
            Reverse(gram, work, columns, scale, shift, dead, pool);
            if (Cholesky.TryFactor(work, columns, pool))
            {
                Cholesky.InvertLower(work, columns, pool);
                float[] upper = new float[columns * columns];
                ParallelRows.Run(pool, columns, 32, (from, to) =>
                {
                    for (int index = from * columns; index < to * columns; index++)
                    {
                        upper[index] = (float)work[work.Length - 1 - index];
                    }
                });
                return new HessianFactor(columns, upper, dead, tried, shift);
            }

            if (tried >= 1)
            {
                return null;
            }

            tried = Math.Min(1, Math.Max(tried * 10, 1e-6));
        }
    }

    /// <summary>The diagonal of the damped inverse.</summary>
    public float[] InverseDiagonal()
    {
        double[] sums = new double[Columns];
        for (int row = 0; row < Columns; row++)
        {
            for (int column = row; column < Columns; column++)
            {
                double value = Upper[(row * Columns) + column];
                sums[column] += value * value;
            }
        }

        return Array.ConvertAll(sums, sum => (float)sum);
    }

    private static void Reverse(double[] gram, double[] work, int columns, double scale, double shift, bool[] dead, WorkerPool? pool) =>
        ParallelRows.Run(pool, columns, 32, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                int last = work.Length - 1 - (row * columns);
                for (int column = 0; column < columns; column++)
                {
                    work[last - column] = gram[(row * columns) + column] * scale;
                }

                int diagonal = work.Length - 1 - (row * (columns + 1));
                work[diagonal] = (dead[row] ? 1 : work[diagonal]) + shift;
            }
        });
}
