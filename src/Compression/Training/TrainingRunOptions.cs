namespace Sparrow.Compression.Training;

/// <summary>How a training is driven.</summary>
public sealed record TrainingRunOptions
{
    /// <summary>Where the state is kept, for a run that goes on later; null: nowhere.</summary>
    public string? StateFile { get; init; }

    /// <summary>Names model, data and options: a state of another name is refused.</summary>
    public string Identity { get; init; } = "";

    /// <summary>Steps between two states.</summary>
    public int SaveEvery { get; init; } = 100;

    /// <summary>Told after each step, from the training thread.</summary>
    public Action<TrainingProgress>? Progress { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
