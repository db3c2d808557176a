using Sparrow.Compression.Training;
using Xunit;

namespace Sparrow.Compression.Tests.Training;

public sealed class TrainingRunTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sparrow-training-");

    private string StateFile => Path.Combine(_folder.FullName, "state.bin");

    [Fact]
    public void A_run_that_is_stopped_and_resumed_ends_as_an_undisturbed_one()
    {
        float[] undisturbed = Run(null, CancellationToken.None, out IReadOnlyList<double> losses);
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() => Run(stop, stop.Token, out _));
        Assert.True(File.Exists(StateFile));
        Assert.Equal(undisturbed, Run(null, CancellationToken.None, out IReadOnlyList<double> resumed));
        Assert.Equal(losses, resumed);
    }

    [Fact]
    public void A_loss_that_is_not_finite_keeps_the_last_good_state_and_names_the_step()
    {
        using TrainingFixture fixture = new();
        LoraAdapter[] adapters = fixture.Adapters(2, null);
        using TrainingModel model = fixture.LoadAdapted(adapters);
        Trainer trainer = new(model, new TrainerOptions(), 9);
        TrainingException error = Assert.Throws<TrainingException>(() => TrainingRun.Run(
            trainer,
            Data(fixture),
            new TrainingRunOptions
            {
                StateFile = StateFile,
                Progress = progress => adapters[0].A[0] = progress.Step == 4 ? float.NaN : adapters[0].A[0],
            },
            TestContext.Current.CancellationToken));
        Assert.Contains("step 4: the loss is not finite", error.Message, StringComparison.Ordinal);
        Assert.Contains("the state of step 4 is kept in", error.Message, StringComparison.Ordinal);
        trainer.Restore(StateFile, "");
        Assert.Equal(4, trainer.Step);
    }

    [Fact]
    public void A_state_that_cannot_be_written_ends_the_run_and_says_so()
    {
        using TrainingFixture fixture = new();
        using TrainingModel model = fixture.LoadAdapted(fixture.Adapters(2, null));
        TrainingException error = Assert.Throws<TrainingException>(() => TrainingRun.Run(
            new Trainer(model, new TrainerOptions(), 9), Data(fixture),
            new TrainingRunOptions { StateFile = Path.Combine(_folder.FullName, "missing", "state.bin"), SaveEvery = 2 }, TestContext.Current.CancellationToken));
        Assert.Contains("step 2: the state cannot be written", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_tells_pace_and_what_is_left()
    {
        using TrainingFixture fixture = new();
        using TrainingModel model = fixture.LoadAdapted(fixture.Adapters(2, null));
        List<TrainingProgress> seen = [];
        TrainingRun.Run(new Trainer(model, new TrainerOptions(), 3), Data(fixture), new TrainingRunOptions { Progress = seen.Add }, TestContext.Current.CancellationToken);
        Assert.Equal([1, 2, 3], seen.Select(progress => progress.Step));
        Assert.All(seen, progress => Assert.True(progress.TokensPerSecond > 0));
        Assert.Equal(TimeSpan.Zero, seen[^1].Remaining);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private float[] Run(CancellationTokenSource? stop, CancellationToken cancellation, out IReadOnlyList<double> losses)
    {
        using TrainingFixture fixture = new();
        using TrainingModel model = fixture.LoadWhole();
        Trainer trainer = new(model, new TrainerOptions { WeightDecay = 0.1 }, 8);
        TrainingRun.Run(
            trainer,
            Data(fixture),
            new TrainingRunOptions
            {
                StateFile = StateFile,
                SaveEvery = 3,
                Progress = progress =>
                {
                    if (progress.Step == 5)
                    {
                        stop?.Cancel();
                    }
                },
            },
            cancellation);
        File.Delete(StateFile);
        losses = trainer.Losses;
        return [.. model.Parameters.SelectMany(parameter => parameter.Values)];
    }

    private static TrainingData Data(TrainingFixture fixture)
    {
        Random random = new(8);
        return new TrainingData(
            [.. Enumerable.Range(0, 12).Select(i => new TrainingDocument([.. Enumerable.Range(0, 5 + i).Select(_ => random.Next(fixture.Config.VocabularySize))]))], 24, 2);
    }
}
