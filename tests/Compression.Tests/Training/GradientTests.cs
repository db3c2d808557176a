using Sparrow.Compression.Tests.Training.Oracle;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Training;

/// <summary>The trainer's float gradients against the oracle's doubles, on whole models.</summary>
public sealed class GradientTests
{
    private const double Bound = 1e-4;

    public static TheoryData<string> Sets => [.. KernelSet.Available.Select(set => set.Name)];

    public static TheoryData<string> Families => ["llama-odd-shapes", "mistral-sliding", "qwen2-tied", "qwen3", "smollm3", "llama-mlp-bias"];

    [Theory, MemberData(nameof(Sets))]
    public void Gradients_of_all_weights_are_the_oracles(string set)
    {
        using TrainingFixture fixture = new(new RandomCheckpointOptions
        {
            HiddenSize = 40,
            HeadCount = 4,
            KvHeadCount = 2,
            IntermediateSize = 56,
            AttentionBias = true,
            MlpBias = true,
        });
        CompareWhole(fixture.Checkpoint, fixture.Batch(3, 50, 1, 7), set);
    }

    [Theory, MemberData(nameof(Families))]
    public void Gradients_of_stored_families_are_the_oracles(string family)
    {
        using Checkpoint checkpoint = Checkpoint.Open(SharedData.Require($"models/tiny/{family}"));
        Random random = new(5);
        int[] tokens = [.. Enumerable.Range(0, 40).Select(_ => random.Next(checkpoint.Config.VocabularySize))];
        CompareWhole(checkpoint, TrainingBatch.OfSequences([tokens]), "auto");
    }

    [Theory, InlineData(null), InlineData(0.7)]
    public void Gradients_of_adapters_are_the_oracles(double? sparsity)
    {
        using TrainingFixture fixture = new();
        LoraAdapter[] adapters = fixture.Adapters(3, sparsity);
        TrainingBatch batch = fixture.Batch(3, 50, 7);
        using TrainingModel model = fixture.LoadAdapted(adapters);
        Compare(model, new OracleModel(fixture.Config, Reader(fixture.Checkpoint), adapters), batch);
    }

    [Fact]
    public void Directions_beyond_the_active_rank_get_no_gradient()
    {
        using TrainingFixture fixture = new();
        LoraAdapter[] adapters = fixture.Adapters(4, 0.5);
        foreach (LoraAdapter adapter in adapters)
        {
            adapter.ActiveRank = 2;
        }

        using TrainingModel model = fixture.LoadAdapted(adapters);
        model.Backward(fixture.Batch(3, 20), 1);
        foreach (TrainingParameter parameter in model.Parameters)
        {
            LoraAdapter adapter = adapters.Single(known => parameter.Name.StartsWith(known.Name, StringComparison.Ordinal));
            bool isA = parameter.Name.EndsWith('A');
            for (int i = 0; i < parameter.Gradient.Length; i++)
            {
                int direction = isA ? i / adapter.Columns : i % adapter.Rank;
                Assert.True(direction < 2 || parameter.Gradient[i] == 0, $"{parameter.Name} has a gradient in direction {direction}.");
            }

            Assert.Contains(parameter.Gradient, value => value != 0);
        }
    }

    [Fact]
    public void The_oracle_of_a_whole_model_agrees_with_differences()
    {
        using TrainingFixture fixture = new(new RandomCheckpointOptions { HiddenSize = 16, HeadCount = 2, KvHeadCount = 1, IntermediateSize = 24, VocabularySize = 40, Tokenizer = false });
        LoraAdapter[] adapters = fixture.Adapters(2, 0.5);
        OracleModel oracle = new(fixture.Config, Reader(fixture.Checkpoint), adapters);
        TrainingBatch batch = fixture.Batch(3, 6);
        oracle.Run(batch, withGradients: true);
        Random random = new(9);
        foreach ((string name, double[] gradient) in oracle.Gradients.Where(item => item.Key.Contains("layers.0", StringComparison.Ordinal)))
        {
            double[] values = oracle.Value(name);
            double largest = gradient.Max(Math.Abs);
            for (int draw = 0; draw < 3; draw++)
            {
                int place = random.Next(values.Length);
                double kept = values[place];
                values[place] = kept + 1e-4;
                double above = oracle.Run(batch, withGradients: false);
                values[place] = kept - 1e-4;
                double below = oracle.Run(batch, withGradients: false);
                values[place] = kept;
                Assert.Equal((above - below) / 2e-4, gradient[place], 1e-6 * largest);
            }
        }
    }

    [Fact]
    public void The_gradient_of_square_head_is_that_of_its_error()
    {
        using TrainingFixture fixture = new();
        LoraAdapter[] adapters = fixture.Adapters(3, 0.5);
        using TrainingModel teacher = fixture.LoadAdapted([]);
        using TrainingModel model = fixture.LoadAdapted(adapters);
        using SquareHead squareHead = new(teacher, factor: 3);
        TrainingBatch batch = fixture.Batch(3, 40);
        double Value() => (model.Backward(batch, 1.0 / batch.TargetCount, squareHead) / batch.TargetCount) + (3 * squareHead.LastError);
        Value();
        float[] gradient = [.. model.Parameters[1].Gradient];
        double length = gradient.Sum(value => (double)value * value);

        // Along the gradient the value rises by the gradient's square.
        const float Step = 1e-3f;
        double[] values = new double[2];
        foreach (int side in new[] { 0, 1 })
        {
            float[] kept = [.. adapters[0].B];
            for (int i = 0; i < gradient.Length; i++)
            {
                adapters[0].B[i] += (side == 0 ? -Step : Step) * gradient[i];
            }

            values[side] = Value();
            kept.CopyTo(adapters[0].B, 0);
        }

        Assert.Equal(length, (values[1] - values[0]) / (2 * Step), 0.01 * length);
    }

    private static void CompareWhole(Checkpoint checkpoint, TrainingBatch batch, string set)
    {
        using TrainingModel model = TrainingModel.Load(checkpoint, new TrainingModelOptions { TrainWeights = true, Kernels = KernelSet.Select(set) });
        Compare(model, new OracleModel(checkpoint.Config, Reader(checkpoint), []), batch);
    }

    private static void Compare(TrainingModel model, OracleModel oracle, TrainingBatch batch)
    {
        double expectedLoss = oracle.Run(batch, withGradients: true);
        double loss = model.Backward(batch, 1);
        Assert.Equal(expectedLoss, loss, 1e-5 * expectedLoss);
        Assert.NotEmpty(model.Parameters);
        foreach (TrainingParameter parameter in model.Parameters)
        {
            double[] expected = oracle.Gradients[parameter.Name];
            double largest = expected.Max(Math.Abs);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.True(
                    Math.Abs(expected[i] - parameter.Gradient[i]) <= Bound * largest,
                    $"{parameter.Name}[{i}] has the gradient {parameter.Gradient[i]}, the oracle's is {expected[i]} (the largest {largest}).");
            }
        }
    }

    private static Func<string, float[]> Reader(Checkpoint checkpoint) => name =>
    {
        long[] shape = [.. checkpoint.Tensors[name].Shape];
        float[] values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        int columns = (int)shape[^1];
        for (int row = 0; row < values.Length / columns; row++)
        {
            checkpoint.ReadRow(name, row, values.AsSpan(row * columns, columns));
        }

        return values;
    };
}
