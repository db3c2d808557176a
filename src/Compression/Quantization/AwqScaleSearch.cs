using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Quantization;

/// <summary>
/// AWQ (arXiv 2306.00978), first step: channels with large inputs get a finer share of the grid. Each input channel of a group of linears is
/// multiplied by a power of its mean magnitude, the operation before divided by it; the best of 20 exponents wins.
/// </summary>
public static class AwqScaleSearch
{
    /// <summary>Number of exponents tried.</summary>
    public const int Steps = 20;

    private const int RowTile = 32;

    /// <summary>Searches the exponents.</summary>
    /// <param name="linears">Linears with one input, original weights; not changed.</param>
    /// <param name="magnitudes">Mean of |x| over the tokens, by input channel.</param>
    /// <param name="scheme">What the weights will be quantised to; dialect D in the published programs.</param>
    /// <param name="loss">
    /// Scores weights that went through the grid, in the order of <paramref name="linears"/>: the mean squared change of the output of the module that
    /// holds them, or <see cref="OutputLoss"/>.
    /// </param>
    /// <param name="weighWeights">The variant of AutoAWQ and llm-compressor, which also divides by the channel's relative weight magnitude.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or a loss is not a number.</exception>
    public static AwqScales Search(
        IReadOnlyList<AwqLinear> linears, ReadOnlySpan<float> magnitudes, QuantizationScheme scheme, Func<IReadOnlyList<float[]>, double> loss,
        bool weighWeights = false, WorkerPool? pool = null)
    {
        CheckShapes(linears, magnitudes.Length);
        float[]? weightMagnitudes = weighWeights ? WeightMagnitudes(linears, scheme) : null;
        double[] losses = new double[Steps];
        float[][] candidates = new float[Steps][];
        int best = 0;
        for (int step = 0; step < Steps; step++)
        {
            candidates[step] = Candidate(magnitudes, weightMagnitudes, step / (float)Steps);
            float[] scales = candidates[step];
            losses[step] = loss([.. linears.Select(linear => RoundScaled(linear, scales, scheme, pool))]);
            if (double.IsNaN(losses[step]))
            {
                throw new ArgumentException($"The loss at exponent {step}/{Steps} is not a number.", nameof(loss));
            }

            best = losses[step] < losses[best] ? step : best;
        }

        return new AwqScales(best / (float)Steps, candidates[best], losses);
    }

    /// <summary>
    /// The mean squared change of the linears' own outputs, summed over the linears, from their inputs' Gram matrix instead of the inputs: tr(D·G·Dᵀ).
    /// </summary>
    /// <param name="linears">Linears with one input, original weights.</param>
    /// <param name="gram">ΣXᵀX, row-major [columns, columns].</param>
    /// <param name="tokenCount">Tokens behind it.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    public static Func<IReadOnlyList<float[]>, double> OutputLoss(
        IReadOnlyList<AwqLinear> linears, double[] gram, long tokenCount, WorkerPool? pool = null)
    {
        int columns = linears[0].Columns;
        CheckShapes(linears, columns);
        MatrixArguments.CheckGram(gram, columns);

        // Single precision: losses are compared at differences of per cents, and there are 20 of these products a linear.
        float[] narrow = Array.ConvertAll(gram, value => (float)value);
        return candidates =>
        {
            double total = 0;
            for (int i = 0; i < linears.Count; i++)
            {
                total += SquaredChange(linears[i], candidates[i], narrow, pool) / tokenCount / linears[i].Rows;
            }

            return total;
        };
    }

    /// <summary>The grid's values of W·diag(s), divided by s again.</summary>
    internal static float[] RoundScaled(AwqLinear linear, float[] scales, QuantizationScheme scheme, WorkerPool? pool)
    {
        int size = scheme.GroupColumns(linear.Columns);
        float[] rounded = [.. linear.Weights];
        ParallelRows.Run(pool, linear.Rows, 8, (from, to) =>
        {
            for (int first = from * linear.Columns; first < to * linear.Columns; first += size)
            {
                Span<float> group = rounded.AsSpan(first, size);
                ReadOnlySpan<float> factors = scales.AsSpan(first % linear.Columns, size);
                for (int i = 0; i < size; i++)
                {
                    group[i] *= factors[i];
                }

                QuantizationGrid grid = QuantizationGrid.Fit(group, scheme);
                for (int i = 0; i < size; i++)
                {
                    group[i] = grid.Round(group[i]) / factors[i];
                }
            }
        });
        return rounded;
    }

    private static void CheckShapes(IReadOnlyList<AwqLinear> linears, int columns)
    {
        foreach (AwqLinear linear in linears)
        {
            MatrixArguments.Check(linear.Weights, linear.Rows, linear.Columns);
            if (linear.Columns != columns)
            {
                throw new ArgumentException($"Linears of a group have one input; one has {linear.Columns} columns, the input {columns}.", nameof(linears));
            }
        }
    }

    private static float[] Candidate(ReadOnlySpan<float> magnitudes, float[]? weightMagnitudes, float ratio)
    {
        float[] scales = new float[magnitudes.Length];
        float low = float.PositiveInfinity;
        float high = 0;
        for (int i = 0; i < scales.Length; i++)
        {
            float scale = MathF.Pow(magnitudes[i], ratio);
            if (weightMagnitudes is not null)
            {
                scale /= MathF.Pow(weightMagnitudes[i], 1 - ratio) + 1e-4f;
            }

            scales[i] = Math.Max(scale, 1e-4f);
            low = Math.Min(low, scales[i]);
            high = Math.Max(high, scales[i]);
        }

        // The geometric mean of the extremes becomes 1, so that neither side runs out of range.
        float centre = MathF.Sqrt(high * low);
        for (int i = 0; i < scales.Length; i++)
        {
            float scale = scales[i] / centre;
            scales[i] = float.IsFinite(scale) && scale > 0 ? scale : 1;
        }

        return scales;
    }

    /// <summary>Mean over all rows of |w| relative to the largest of its group.</summary>
    private static float[] WeightMagnitudes(IReadOnlyList<AwqLinear> linears, QuantizationScheme scheme)
    {
        int columns = linears[0].Columns;
        int size = scheme.GroupColumns(columns);
        double[] sums = new double[columns];
        foreach (AwqLinear linear in linears)
        {
            for (int first = 0; first < linear.Weights.Length; first += size)
            {
                float largest = 0;
                for (int i = first; i < first + size; i++)
                {
                    largest = Math.Max(largest, Math.Abs(linear.Weights[i]));
                }

                for (int i = first; i < first + size; i++)
                {
                    sums[i % columns] += Math.Abs(linear.Weights[i]) / (largest + 1e-6f);
                }
            }
        }

        int rows = linears.Sum(linear => linear.Rows);
        return Array.ConvertAll(sums, sum => (float)(sum / rows));
    }

    private static double SquaredChange(AwqLinear linear, float[] candidate, float[] gram, WorkerPool? pool)
    {
        int columns = linear.Columns;
        double[] sums = new double[linear.Rows];
        ParallelRows.Run(pool, (linear.Rows + RowTile - 1) / RowTile, 1, (from, to) =>
        {
            float[] changes = new float[RowTile * columns];
            float[] products = new float[RowTile * columns];
            for (int tile = from; tile < to; tile++)
            {
                int first = tile * RowTile;
                int count = Math.Min(RowTile, linear.Rows - first);
                for (int i = 0; i < count * columns; i++)
                {
                    changes[i] = candidate[(first * columns) + i] - linear.Weights[(first * columns) + i];
                }

                Array.Clear(products);
                DenseKernels.Accumulate<float>(changes, columns, 1, gram, columns, products, columns, count, columns, columns, subtract: false);
                for (int i = 0; i < count; i++)
                {
                    sums[first + i] = DenseKernels.Dot<float>(changes.AsSpan(i * columns, columns), products.AsSpan(i * columns, columns));
                }
            }
        });
        return sums.Sum();
    }
}
