using Sparrow.Compression.Recipes;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pipeline;

/// <summary>One compression.</summary>
public sealed record CompressionOptions
{
    /// <summary>The checkpoint: a GGUF file or a Hugging Face folder.</summary>
    public required string Model { get; init; }

    /// <summary>What reports call it; null: the name of the file or folder.</summary>
    public string? ModelName { get; init; }

    public required CompressionRecipe Recipe { get; init; }

    /// <summary>The artifact's folder; it must not exist. Beside it, <c>.partial</c> at the end of the name, stands what is under way.</summary>
    public required string Output { get; init; }

    /// <summary>In place of the recipe's calibration file: token ids where it ends in .json, else a text.</summary>
    public string? CalibrationFile { get; init; }

    /// <summary>What steps that train read, in place of what the recipe says; and where it says nothing of calibration, that is drawn from it too.</summary>
    public IReadOnlyList<TrainingDocument>? Training { get; init; }

    /// <summary>Whether to go on where an earlier run stopped; else it begins anew.</summary>
    public bool Resume { get; init; }

    /// <summary>A kernel set by name.</summary>
    public string Kernels { get; init; } = "auto";

    /// <summary>Threads; null: the process' own.</summary>
    public WorkerPool? Pool { get; init; }

    /// <summary>Most bytes of residual streams in memory; more go to a file.</summary>
    public long ActivationBytes { get; init; } = 128L << 20;

    /// <summary>Told how far it is; called from the compressing thread.</summary>
    public Action<CompressionProgress>? Progress { get; init; }

    /// <summary>Told which blocks are safe on the disk, in order, those of earlier runs first; called from the compressing thread.</summary>
    public Action<SavedBlock>? Saved { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
