using System.Text.Json;
using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Allocation;
using Sparrow.Compression.Calibration;
using Sparrow.Compression.Pruning;
using Xunit;

namespace Sparrow.Compression.Tests.Adaptation;

/// <summary>Five whole rounds of the authors' code with an adapter of zeros, on blocks y = x + relu(x·upᵀ)·downᵀ.</summary>
public sealed class LosaRoundsTests
{
    private const int Width = 16;
    private const int Inner = 32;

    [Theory]
    [InlineData("wanda")]
    [InlineData("sparsegpt")]
    public void Rounds_equal_those_of_the_authors_code(string path)
    {
        JsonElement run = GoldenVectors.Load("losa.json").GetProperty("rounds").EnumerateArray().Single(item => item.GetProperty("path").GetString() == path);
        float[] inputs = run.GetProperty("X").Floats();
        int sequences = run.GetProperty("X").Shape()[0];
        int rmiSequences = run.Integer("rmi_sequences");
        float[][] dense = [.. run.GetProperty("blocks").EnumerateArray().SelectMany(block => new[] { block.GetProperty("up").Floats(), block.GetProperty("down").Floats() })];
        float[][] weights = [.. dense.Select(matrix => matrix.ToArray())];
        PruneMask[] masks = [.. dense.Select((_, i) => i % 2 == 0 ? new PruneMask(Inner, Width) : new PruneMask(Width, Inner))];
        foreach (JsonElement round in run.GetProperty("rounds").EnumerateArray())
        {
            Assert.Equal(LosaSchedule.Target(run.Number("sparsity"), round.Integer("round"), 5), round.Number("target"), 1e-12);

            // 1. Similarities of the states entering each block of the model as it is by now.
            List<double[]> grams = [];
            float[] state = [.. inputs];
            int rowFloats = inputs.Length / sequences;
            for (int block = 0; block < 5; block++)
            {
                double[] gram = new double[rmiSequences * rmiSequences];
                RepresentationSimilarity.AddTo(gram, state.AsSpan(0, rmiSequences * rowFloats), rmiSequences);
                grams.Add(gram);
                Run(state, weights[2 * block], weights[(2 * block) + 1]);
            }

            double[] similarity = RepresentationSimilarity.Matrix(grams, rmiSequences);
            double[] expected = [.. round.GetProperty("similarity").EnumerateArray().SelectMany(row => row.Doubles())];
            Assert.All(Enumerable.Range(0, 25), i => Assert.Equal(expected[i], similarity[i], 1e-4));

            // 2. Masks block by block, on the outputs of the blocks pruned so far. The solver's own sparsities: it stops short of the closed form.
            double[] sparsities = round.GetProperty("sparsity").Doubles();
            float[] pruned = [.. inputs];
            float[] reference = [.. inputs];
            double[] errors = new double[5];
            for (int block = 0; block < 5; block++)
            {
                int up = 2 * block;
                (LayerStatistics entering, LayerStatistics inner) = Statistics(pruned, weights[up], sequences);
                PruneTarget target = PruneTarget.Unstructured(sparsities[block]);
                Prune(path, weights, masks, up, Inner, Width, entering, target);
                Prune(path, weights, masks, up + 1, Width, Inner, inner, target);
                for (int linear = 0; linear < 2; linear++)
                {
                    PruneMask stored = Masks.Stored(round.GetProperty("keep")[block][linear]);
                    Assert.True(stored.Equals(masks[up + linear]), $"round {round.Integer("round")}, block {block}, linear {linear}");
                }

                Run(pruned, weights[up], weights[up + 1]);
                Run(reference, dense[up], dense[up + 1]);
                ReconstructionError error = new(Width);
                error.Add(reference, pruned);
                errors[block] = error.Value;
            }

            // 3. Errors and ranks.
            double[] losses = round.GetProperty("reconstruction_loss").Doubles();
            Assert.All(Enumerable.Range(0, 5), block => Assert.Equal(1, errors[block] / losses[block], 1e-4));
            Assert.Equal(round.GetProperty("ranks").Integers(), RankAllocation.Allocate(errors, round.Integer("mean_rank"), released: true));
        }
    }

    private static void Prune(
        string path, float[][] weights, PruneMask[] masks, int index, int rows, int columns, LayerStatistics statistics, PruneTarget target)
    {
        if (path == "wanda")
        {
            PruneMask mask = WandaPruner.Prune(weights[index], rows, columns, statistics.Channels.SquaredNorms(), target, within: masks[index]);
            mask.Apply(weights[index]);
            masks[index] = mask;
            return;
        }

        HessianFactor? factor = HessianFactor.TryCreate(statistics.Gram(), columns, statistics.HessianScale);
        Assert.NotNull(factor);
        SparseGptResult result = SparseGptPruner.Prune(weights[index], rows, columns, factor, target, new SparseGptOptions { Rule = CountRule.Released });
        masks[index] = result.Mask;
    }

    private static (LayerStatistics Entering, LayerStatistics Inner) Statistics(float[] states, float[] up, int sequences)
    {
        LayerStatistics entering = new(Width, withGram: true);
        LayerStatistics inner = new(Inner, withGram: true);
        int length = states.Length / sequences;
        for (int sequence = 0; sequence < sequences; sequence++)
        {
            float[] tokens = states.AsSpan(sequence * length, length).ToArray();
            entering.Add(tokens);
            entering.EndSequence();
            inner.Add(Hidden(tokens, up));
            inner.EndSequence();
        }

        return (entering, inner);
    }

    private static float[] Hidden(ReadOnlySpan<float> tokens, float[] up)
    {
        float[] hidden = new float[tokens.Length / Width * Inner];
        for (int i = 0; i < hidden.Length; i++)
        {
            double sum = 0;
            for (int column = 0; column < Width; column++)
            {
                sum += (double)tokens[(i / Inner * Width) + column] * up[(i % Inner * Width) + column];
            }

            hidden[i] = (float)Math.Max(0, sum);
        }

        return hidden;
    }

    private static void Run(float[] states, float[] up, float[] down)
    {
        float[] hidden = Hidden(states, up);
        for (int i = 0; i < states.Length; i++)
        {
            double sum = states[i];
            for (int column = 0; column < Inner; column++)
            {
                sum += (double)hidden[(i / Width * Inner) + column] * down[(i % Width * Inner) + column];
            }

            states[i] = (float)sum;
        }
    }
}
