using System.Text.Json;
using Sparrow.Compression.Calibration;
using Sparrow.Compression.Pruning;
using Xunit;

namespace Sparrow.Compression.Tests;

/// <summary>A linear layer with calibration inputs: drawn from a seed, or stored.</summary>
internal sealed class TestLayer
{
    public TestLayer(int rows, int columns, float[] weights, float[] inputs, int sequences, bool withGram = true)
    {
        (Rows, Columns, Weights, Inputs, Sequences) = (rows, columns, weights, inputs, sequences);
        Statistics = new LayerStatistics(columns, withGram);
        int length = inputs.Length / sequences;
        for (int sequence = 0; sequence < sequences; sequence++)
        {
            Statistics.Add(inputs.AsMemory(sequence * length, length));
            Statistics.EndSequence();
        }
    }

    public int Rows { get; }

    public int Columns { get; }

    public float[] Weights { get; }

    public float[] Inputs { get; }

    public int Sequences { get; }

    public LayerStatistics Statistics { get; }

    public float[] SquaredNorms => Statistics.Channels.SquaredNorms();

    /// <summary>Correlated inputs with means, as in real layers: independent ones would make compensation and DSnoT trivial.</summary>
    public static TestLayer Random(int rows, int columns, int seed, int sequences = 4, int tokens = 64)
    {
        Random random = new(seed);
        float[] weights = Draw(random, rows * columns);
        float[] inputs = Draw(random, sequences * tokens * columns);
        float[] means = Draw(random, columns);
        for (int token = 0; token < sequences * tokens; token++)
        {
            Span<float> row = inputs.AsSpan(token * columns, columns);
            float common = Gaussian(random);
            for (int column = 0; column < columns; column++)
            {
                float previous = column > 0 ? row[column - 1] : 0;
                row[column] = (0.6f * row[column]) + (0.5f * previous) + (0.3f * common) + (0.4f * means[column]);
            }
        }

        return new TestLayer(rows, columns, weights, inputs, sequences);
    }

    public static TestLayer Stored(JsonElement item, bool withGram = true)
    {
        int[] shape = item.GetProperty("W").Shape();
        return new TestLayer(
            shape[0], shape[1], item.GetProperty("W").Floats(), item.GetProperty("X").Floats(), item.GetProperty("X").Shape()[0], withGram);
    }

    public static float[] Draw(Random random, int count)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = Gaussian(random);
        }

        return values;
    }

    public HessianFactor Factor()
    {
        HessianFactor? factor = HessianFactor.TryCreate(Statistics.Gram(), Columns, Statistics.HessianScale);
        Assert.NotNull(factor);
        return factor;
    }

    public float[] Masked(PruneMask mask)
    {
        float[] weights = [.. Weights];
        mask.Apply(weights);
        return weights;
    }

    /// <summary>(w − ŵ)H(w − ŵ)ᵀ by row with the damped Hessian, in plain loops.</summary>
    public double[] DampedErrors(float[] changed, HessianFactor factor)
    {
        double[] gram = Statistics.Gram();
        double[] errors = new double[Rows];
        for (int row = 0; row < Rows; row++)
        {
            for (int i = 0; i < Columns; i++)
            {
                double left = (double)Weights[(row * Columns) + i] - changed[(row * Columns) + i];
                errors[row] += left * left * factor.Shift;
                for (int j = 0; j < Columns; j++)
                {
                    double right = (double)Weights[(row * Columns) + j] - changed[(row * Columns) + j];
                    errors[row] += left * right * gram[(i * Columns) + j] * Statistics.HessianScale;
                }
            }
        }

        return errors;
    }

    private static float Gaussian(Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}
