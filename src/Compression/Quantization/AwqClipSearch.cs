using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Quantization;

/// <summary>
/// AWQ, third step, after folding: clips the weights of each group of each row where that lowers the error of the group's share of the output. Queries
/// and keys are left out by the published programs, since their product is what counts.
/// </summary>
public static class AwqClipSearch
{
    private const int Steps = 20;
    private const int LargestShrink = 10;

    /// <summary>
    /// Finds the limits: of max|w|·(1 − i/20), i = 0 to 9, the one with the least error. The programs take the mean over up to 1,023 tokens of
    /// (x·w − x·ŵ)²; that is a quadratic form in the group's block of the Gram matrix, which counts all tokens and costs less.
    /// </summary>
    /// <param name="weights">W, row-major [rows, columns], folded; not changed.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="gram">ΣXᵀX of the folded linear's inputs, row-major.</param>
    /// <param name="scheme">What the weights will be quantised to.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <returns>The limits, row-major [rows, groups].</returns>
    public static float[] Search(float[] weights, int rows, int columns, double[] gram, QuantizationScheme scheme, WorkerPool? pool = null)
    {
        MatrixArguments.Check(weights, rows, columns);
        MatrixArguments.CheckGram(gram, columns);
        int size = scheme.GroupColumns(columns);
        int groups = columns / size;
        float[] limits = new float[rows * groups];
        float[][] blocks = [.. Enumerable.Range(0, groups).Select(group => Block(gram, columns, group * size, size))];
        ParallelRows.Run(pool, rows, 8, (from, to) =>
        {
            float[] clipped = new float[size];
            for (int index = from * groups; index < to * groups; index++)
            {
                limits[index] = BestLimit(weights.AsSpan(index * size, size), blocks[index % groups], scheme, clipped);
            }
        });
        return limits;
    }

    /// <summary>Clips weights in place.</summary>
    /// <param name="weights">W, row-major.</param>
    /// <param name="limits">What <see cref="Search"/> found; consecutive groups of consecutive weights.</param>
    public static void Apply(Span<float> weights, ReadOnlySpan<float> limits)
    {
        int size = weights.Length / limits.Length;
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = Math.Clamp(weights[i], -limits[i / size], limits[i / size]);
        }
    }

    private static float[] Block(double[] gram, int columns, int first, int size)
    {
        float[] block = new float[size * size];
        for (int i = 0; i < block.Length; i++)
        {
            block[i] = (float)gram[((first + (i / size)) * columns) + first + (i % size)];
        }

        return block;
    }

    private static float BestLimit(ReadOnlySpan<float> weights, float[] block, QuantizationScheme scheme, Span<float> scratch)
    {
        float largest = 0;
        foreach (float weight in weights)
        {
            largest = Math.Max(largest, Math.Abs(weight));
        }

        float best = largest;
        double least = double.PositiveInfinity;
        for (int step = 0; step < LargestShrink; step++)
        {
            float limit = largest * (1 - (step / (float)Steps));
            for (int i = 0; i < scratch.Length; i++)
            {
                scratch[i] = Math.Clamp(weights[i], -limit, limit);
            }

            QuantizationGrid grid = QuantizationGrid.Fit(scratch, scheme);
            for (int i = 0; i < scratch.Length; i++)
            {
                scratch[i] = grid.Round(scratch[i]) - weights[i];
            }

            double error = 0;
            for (int i = 0; i < scratch.Length; i++)
            {
                error += (double)scratch[i] * DenseKernels.Dot<float>(block.AsSpan(i * scratch.Length, scratch.Length), scratch);
            }

            if (error < least)
            {
                (least, best) = (error, limit);
            }
        }

        return best;
    }
}
