namespace Sparrow.Compression.Training;

/// <summary>Drives a trainer over data to its last step, keeping its state on the way.</summary>
public static class TrainingRun
{
    /// <summary>Trains to the end, or on from the state file where there is one.</summary>
    /// <param name="trainer">At its first step.</param>
    /// <param name="data">What it learns.</param>
    /// <param name="options">State and progress.</param>
    /// <param name="cancellation">Ends it between steps; the state of the last step is kept.</param>
    /// <exception cref="TrainingException">
    /// A loss was not finite, or the state cannot be written or read. The state file holds the last good step's.
    /// </exception>
    public static void Run(Trainer trainer, TrainingData data, TrainingRunOptions options, CancellationToken cancellation = default)
    {
        if (options.StateFile is not null && File.Exists(options.StateFile))
        {
            trainer.Restore(options.StateFile, options.Identity);
        }

        int saved = trainer.Step;
        long start = options.Time.GetTimestamp();
        long tokens = 0;
        int first = trainer.Step;
        while (trainer.Step < trainer.StepCount)
        {
            if (cancellation.IsCancellationRequested)
            {
                Save(trainer, options, saved);
                cancellation.ThrowIfCancellationRequested();
            }

            TrainingStepResult result;
            try
            {
                result = trainer.RunStep(data.Step(trainer.Step));
            }
            catch (TrainingException error)
            {
                // Nothing was moved, so what stands is the last good step.
                Save(trainer, options, saved);
                string kept = options.StateFile is null ? "" : $"; the state of step {trainer.Step} is kept in {options.StateFile}";
                throw new TrainingException(error.Message + kept, error);
            }

            tokens += result.Tokens;
            if (trainer.Step % options.SaveEvery == 0 && trainer.Step < trainer.StepCount)
            {
                Save(trainer, options, saved);
                saved = trainer.Step;
            }

            TimeSpan elapsed = options.Time.GetElapsedTime(start);
            options.Progress?.Invoke(new TrainingProgress(
                trainer.Step, trainer.StepCount, result.Loss, result.LearningRate, result.GradientNorm, tokens / Math.Max(1e-9, elapsed.TotalSeconds),
                elapsed * ((double)(trainer.StepCount - trainer.Step) / (trainer.Step - first))));
        }
    }

    private static void Save(Trainer trainer, TrainingRunOptions options, int saved)
    {
        if (options.StateFile is null)
        {
            return;
        }

        try
        {
            trainer.Save(options.StateFile, options.Identity);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException(
                $"step {trainer.Step}: the state cannot be written to {options.StateFile}: {error.Message} What stands there is of step {saved}; after making room the run can be resumed.", error);
        }
    }
}
