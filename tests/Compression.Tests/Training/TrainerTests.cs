using Sparrow.Compression.Training;
using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Compression.Tests.Training;

public sealed class TrainerTests
{
    private const string Identity = "test";

    [Theory, InlineData(null), InlineData(0.6)]
    public void Adapters_learn_two_sequences_by_heart(double? sparsity)
    {
        using TrainingFixture fixture = new();
        using TrainingModel model = fixture.LoadAdapted(fixture.Adapters(16, sparsity, randomB: false));
        Trainer trainer = new(model, new TrainerOptions { LearningRate = 1e-2, ClipNorm = 1 }, 60);
        Run(trainer, fixture.Batch(1, 20, 12), 60);
        Assert.True(trainer.Losses[0] > 4, $"The first loss is {trainer.Losses[0]}.");
        Assert.True(trainer.Losses[^1] < 0.2, $"The last loss is {trainer.Losses[^1]}.");
    }

    [Theory, InlineData(OptimizerKind.AdamW, 5e-3), InlineData(OptimizerKind.Lion, 1e-3)]
    public void Weights_learn_two_sequences_by_heart(OptimizerKind optimizer, double rate)
    {
        using TrainingFixture fixture = new();
        using TrainingModel model = fixture.LoadWhole();
        Trainer trainer = new(model, new TrainerOptions { Optimizer = optimizer, LearningRate = rate, WeightDecay = 0.01, Schedule = RateSchedule.Cosine }, 60);
        Run(trainer, fixture.Batch(1, 20, 12), 60);
        Assert.True(trainer.Losses[^1] < 0.05, $"The last loss is {trainer.Losses[^1]}.");
    }

    [Theory, InlineData(null), InlineData(0.5)]
    public void Runs_are_equal_bit_for_bit_whatever_the_threads_and_kept_activations(double? sparsity)
    {
        float[] first = Values(1, 0, sparsity);
        Assert.Equal(first, Values(3, 0, sparsity));
        Assert.Equal(first, Values(2, 1 << 30, sparsity));

        static float[] Values(int threads, long keptBytes, double? sparsity)
        {
            using TrainingFixture fixture = new();
            using WorkerPool pool = new(threads);
            using TrainingModel model = fixture.LoadAdapted(fixture.Adapters(4, sparsity), pool, keptBytes);
            Trainer trainer = new(model, new TrainerOptions(), 5);
            Run(trainer, fixture.Batch(2, 70, 9, 33), 5);
            return [.. model.Parameters.SelectMany(parameter => parameter.Values)];
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_resumed_run_equals_an_undisturbed_one(bool whole)
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("sparrow-").FullName, "state.bin");
        float[] undisturbed = Values(null);
        Assert.Equal(undisturbed, Values(path));
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);

        float[] Values(string? state)
        {
            using TrainingFixture fixture = new();
            using TrainingModel model = whole ? fixture.LoadWhole() : fixture.LoadAdapted(fixture.Adapters(4, 0.5));
            Trainer trainer = new(model, new TrainerOptions { WeightDecay = 0.1 }, 6);
            Run(trainer, fixture.Batch(2, 30), state is null ? 6 : 3);
            if (state is null)
            {
                return [.. model.Parameters.SelectMany(parameter => parameter.Values)];
            }

            trainer.Save(state, Identity);
            using TrainingModel second = whole ? fixture.LoadWhole() : fixture.LoadAdapted(fixture.Adapters(4, 0.5));
            Trainer resumed = new(second, new TrainerOptions { WeightDecay = 0.1 }, 6);
            resumed.Restore(state, Identity);
            Assert.Equal(3, resumed.Step);
            Run(resumed, fixture.Batch(2, 30), 3);
            return [.. second.Parameters.SelectMany(parameter => parameter.Values)];
        }
    }

    [Fact]
    public void A_state_of_another_run_or_a_damaged_one_is_refused()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("sparrow-").FullName, "state.bin");
        using TrainingFixture fixture = new();
        using TrainingModel model = fixture.LoadAdapted(fixture.Adapters(2, null));
        Trainer trainer = new(model, new TrainerOptions(), 6);
        trainer.Save(path, Identity);
        Assert.Contains("another run", Assert.Throws<TrainingException>(() => trainer.Restore(path, "other")).Message, StringComparison.Ordinal);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..200]);
        Assert.Contains("cannot be read", Assert.Throws<TrainingException>(() => trainer.Restore(path, Identity)).Message, StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void Accumulated_batches_give_the_gradient_of_one_batch()
    {
        using TrainingFixture fixture = new();
        using TrainingModel model = fixture.LoadAdapted(fixture.Adapters(4, 0.5));
        TrainingBatch first = fixture.Batch(5, 21);
        TrainingBatch second = fixture.Batch(6, 34);
        int[] both = [.. first.Tokens, .. second.Tokens];
        TrainingBatch joined = TrainingBatch.OfSequences([both[..21], both[21..]]);
        model.Backward(joined, 1.0 / joined.TargetCount);
        float[][] expected = [.. model.Parameters.Select(parameter => parameter.Gradient.ToArray())];
        model.ClearGradients();
        model.Backward(first, 1.0 / joined.TargetCount);
        model.Backward(second, 1.0 / joined.TargetCount);
        for (int i = 0; i < expected.Length; i++)
        {
            float largest = expected[i].Max(Math.Abs);
            Assert.All(expected[i].Zip(model.Parameters[i].Gradient), pair => Assert.Equal(pair.First, pair.Second, 1e-4f * largest));
        }
    }

    [Fact]
    public void A_loss_that_is_not_finite_stops_the_step_by_name_and_moves_nothing()
    {
        using TrainingFixture fixture = new();
        LoraAdapter[] adapters = fixture.Adapters(2, null);
        using TrainingModel model = fixture.LoadAdapted(adapters);
        Trainer trainer = new(model, new TrainerOptions(), 6);
        Run(trainer, fixture.Batch(1, 10), 2);
        adapters[0].A[0] = float.NaN;
        float[] before = [.. adapters[1].B];
        TrainingException error = Assert.Throws<TrainingException>(() => trainer.RunStep([fixture.Batch(1, 10)]));
        Assert.Contains("step 2", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, adapters[1].B);
        Assert.Equal(2, trainer.Step);
    }

    private static void Run(Trainer trainer, TrainingBatch batch, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            trainer.RunStep([batch]);
        }
    }
}
