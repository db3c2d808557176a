using System.Runtime.InteropServices;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Runtime.Tests.Models.Layers;

public sealed unsafe class ExpertsTests
{
    private const int Hidden = 48;
    private const int Inner = 40;
    private const int MaxTokens = 64;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_token_takes_the_weighted_results_of_its_best_experts(bool normalize)
    {
        ExpertConfig experts = Config(count: 6, chosen: 3) with { NormalizeWeights = normalize, SharedIntermediateSize = 24 };
        using Fixture fixture = new(experts);
        float[][] found = fixture.Run(0, 5);
        for (int token = 0; token < found.Length; token++)
        {
            double[] expected = fixture.Expected(token);
            for (int i = 0; i < Hidden; i++)
            {
                Assert.Equal(expected[i], found[token][i], 1e-4);
            }
        }
    }

    [Fact]
    public void A_token_gets_the_same_bits_in_any_company()
    {
        using Fixture fixture = new(Config(count: 8, chosen: 2) with { SharedIntermediateSize = 24 });
        float[][] together = fixture.Run(0, MaxTokens);
        for (int token = 0; token < MaxTokens; token++)
        {
            Assert.Equal(together[token], fixture.Run(token, 1)[0]);
        }

        Assert.Equal(together[10..27], fixture.Run(10, 17));
    }

    [Theory]
    [InlineData(8, 2)]
    [InlineData(64, 2)]
    [InlineData(64, 5)]
    public void Experts_compute_a_row_for_each_token_that_chose_them_and_no_more(int count, int chosen)
    {
        using Fixture fixture = new(Config(count, chosen));
        fixture.Run(0, 50);
        Assert.Equal(50 * chosen, fixture.Experts.ComputedRows);
    }

    [Fact]
    public void Scores_that_are_not_numbers_still_choose_different_experts()
    {
        ExpertConfig experts = Config(count: 4, chosen: 3);
        ExpertChoice choice = new(experts, 1);
        using ActivationBuffer scores = new(1, 4);
        new Span<float>(scores.Row(0), 4).Fill(float.NaN);
        choice.Choose(scores, 1);
        Assert.Equal([1, 1, 1, 0], Enumerable.Range(0, 4).Select(expert => choice.Tokens(expert).Length));
    }

    [Fact]
    public void Of_equal_scores_the_first_are_chosen()
    {
        ExpertChoice choice = new(Config(count: 5, chosen: 2), 2);
        using ActivationBuffer scores = new(2, 5);
        new float[] { 1, 3, 3, 3, 0 }.CopyTo(new Span<float>(scores.Row(0), 5));
        new float[] { 2, 2, 2, 2, 2 }.CopyTo(new Span<float>(scores.Row(1), 5));
        choice.Choose(scores, 2);
        Assert.Equal([1], choice.Tokens(0).ToArray());
        Assert.Equal([0, 1], choice.Tokens(1).ToArray());
        Assert.Equal([0], choice.Tokens(2).ToArray());
        Assert.Equal(0.2f, choice.Weights(0)[0], 1e-6f);
    }

    [Fact]
    public void A_mixture_allocates_nothing()
    {
        using Fixture fixture = new(Config(count: 8, chosen: 2) with { SharedIntermediateSize = 24 });
        fixture.Forward(MaxTokens);
        long before = GC.GetAllocatedBytesForCurrentThread();
        fixture.Forward(MaxTokens);
        fixture.Forward(1);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static ExpertConfig Config(int count, int chosen) => new() { Count = count, ChosenCount = chosen, IntermediateSize = Inner };

    /// <summary>A mixture of random weights, its inputs, and the definition in doubles.</summary>
    private sealed class Fixture : IDisposable
    {
        private readonly Dictionary<Linear, float[][]> _rows = [];
        private readonly Random _random = new(1);
        private readonly WorkerPool _pool = new(2);
        private readonly ExpertConfig _config;
        private readonly ExpertWeights _weights;
        private readonly float[][] _inputs;
        private readonly ActivationBuffer _input = new(MaxTokens, Hidden);
        private readonly ActivationBuffer _output = new(MaxTokens, Hidden);

        public Fixture(ExpertConfig config)
        {
            _config = config;
            ModelConfig model = new()
            {
                Family = "llama",
                HiddenSize = Hidden,
                LayerCount = 1,
                HeadCount = 1,
                KvHeadCount = 1,
                HeadSize = Hidden,
                IntermediateSize = Inner,
                VocabularySize = 1,
                ContextLength = 1,
            };
            Experts = new Experts(model, config, new DecoderOptions { Kernels = KernelSet.Select("auto"), Pool = _pool, MaxTokens = MaxTokens });
            bool shared = config.SharedIntermediateSize is not null;
            _weights = new ExpertWeights
            {
                Router = Random(config.Count, Hidden),
                Experts = [.. Enumerable.Range(0, config.Count).Select(_ => RandomMlp(Inner))],
                Shared = shared ? RandomMlp(config.SharedIntermediateSize!.Value) : null,
                SharedGate = shared ? Random(1, Hidden) : null,
            };
            _inputs = [.. Enumerable.Range(0, MaxTokens).Select(_ => Values(Hidden))];
        }

        public Experts Experts { get; }

        public float[][] Run(int first, int count)
        {
            for (int token = 0; token < count; token++)
            {
                _inputs[first + token].CopyTo(new Span<float>(_input.Row(token), Hidden));
            }

            Forward(count);
            return [.. Enumerable.Range(0, count).Select(token => new ReadOnlySpan<float>(_output.Row(token), Hidden).ToArray())];
        }

        public void Forward(int count)
        {
            _input.MarkWritten();
            Experts.Forward(_weights, _input, _output, count, WorkerLane.Serving);
        }

        public double[] Expected(int token)
        {
            double[] x = [.. _inputs[token]];
            double[] exponentials = [.. Multiply(_weights.Router, x).Select(Math.Exp)];
            int[] chosen = [.. Enumerable.Range(0, _config.Count).OrderByDescending(expert => exponentials[expert]).Take(_config.ChosenCount)];
            double total = _config.NormalizeWeights ? chosen.Sum(expert => exponentials[expert]) : exponentials.Sum();
            double[] result = new double[Hidden];
            foreach (int expert in chosen)
            {
                Add(result, exponentials[expert] / total, Apply(_weights.Experts[expert], x));
            }

            Add(result, 1 / (1 + Math.Exp(-Multiply(_weights.SharedGate!, x)[0])), Apply(_weights.Shared!, x));
            return result;
        }

        public void Dispose()
        {
            foreach (Linear linear in _rows.Keys)
            {
                linear.Weights.Dispose();
            }

            Experts.Dispose();
            _input.Dispose();
            _output.Dispose();
            _pool.Dispose();
        }

        private static void Add(double[] sum, double weight, double[] values)
        {
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += weight * values[i];
            }
        }

        private double[] Apply(MlpWeights mlp, double[] x)
        {
            double[] gate = Multiply(mlp.Gate!, x);
            double[] up = Multiply(mlp.Up, x);
            return Multiply(mlp.Down, [.. gate.Select((g, i) => g / (1 + Math.Exp(-g)) * up[i])]);
        }

        private double[] Multiply(Linear linear, double[] x) => [.. _rows[linear].Select(row => row.Select((w, i) => w * x[i]).Sum())];

        private MlpWeights RandomMlp(int inner) => new() { Gate = Random(inner, Hidden), Up = Random(inner, Hidden), Down = Random(Hidden, inner) };

        private Linear Random(int rows, int columns)
        {
            float[][] values = [.. Enumerable.Range(0, rows).Select(_ => Values(columns))];
            DenseMatrix matrix = new(rows, columns, DenseElement.F32);
            for (int row = 0; row < rows; row++)
            {
                matrix.SetRow(row, MemoryMarshal.AsBytes(values[row].AsSpan()));
            }

            Linear linear = new(matrix, null, KernelSet.Select("auto"), _pool, int8Activations: false);
            _rows.Add(linear, values);
            return linear;
        }

        private float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (_random.NextSingle() - 0.5f) * 0.6f)];
    }
}
