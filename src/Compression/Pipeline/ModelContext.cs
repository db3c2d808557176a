using Sparrow.Compression.Steps;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pipeline;

/// <summary>The whole model, for what a step decides before the first block or does after the last.</summary>
public sealed record ModelContext
{
    /// <summary>The dense model before the blocks; the compressed one after them.</summary>
    public required Checkpoint Source { get; init; }

    /// <summary>Calibration sequences of token ids.</summary>
    public required IReadOnlyList<int[]> Segments { get; init; }

    public required KernelSet Kernels { get; init; }

    /// <summary>Threads, behind requests that are being served.</summary>
    public required WorkerPool Pool { get; init; }

    /// <summary>The recipe's.</summary>
    public required int Seed { get; init; }

    /// <summary>A folder of the step's own that outlives a killed process: journals of searches.</summary>
    public required string WorkFolder { get; init; }

    /// <summary>The artifact's folder; only after the blocks. Files put there are part of the artifact.</summary>
    public string? ArtifactFolder { get; init; }

    /// <summary>What a step trains on: the recipe's text, else the calibration's. Empty where no step trains.</summary>
    internal IReadOnlyList<TrainingDocument> Training { get; init; } = [];

    /// <summary>Most bytes of residual streams in memory; more go to a file.</summary>
    internal long ActivationBytes { get; init; } = 128L << 20;

    /// <summary>Whether the step changes a linear.</summary>
    public required Func<string, bool> Concerns { get; init; }

    /// <summary>Something that a reader of the result must know.</summary>
    public required Action<string> Warn { get; init; }

    /// <summary>Share of the step's own work done, 0 to 1.</summary>
    public required Action<double> Report { get; init; }

    /// <summary>The same with what is being done: <c>round 2 of 5, training</c>.</summary>
    internal Action<string, double>? ReportPart { get; init; }

    /// <summary>Walks the source block by block without changing it: need, sample tokens, and what looks at each block.</summary>
    internal Action<StatisticsNeed, int, Action<BlockContext>>? Walk { get; init; }

    public CancellationToken Cancellation { get; init; }

    public ModelConfig Config => Source.Config;

    /// <summary>Shows each block of the unchanged model with its statistics. What is done to the block's linears is forgotten.</summary>
    /// <param name="need">What to gather.</param>
    /// <param name="look">Called block by block.</param>
    /// <param name="sampleTokens">Tokens of each input to keep.</param>
    public void ForEachBlock(StatisticsNeed need, Action<BlockContext> look, int sampleTokens = 0) =>
        (Walk ?? throw new InvalidOperationException("The blocks are walked before they are changed."))(need, sampleTokens, look);

    /// <summary>Opens a model for walks of a step's own.</summary>
    /// <param name="checkpoint">The source, or the source with some tensors replaced.</param>
    /// <param name="maxTokens">Longest sequence.</param>
    /// <param name="logitRows">Most rows of logits at once; 0: the head is not loaded.</param>
    internal BlockWalk OpenWalk(Checkpoint checkpoint, int maxTokens, int logitRows = 0)
    {
        DecoderOptions options = new() { Kernels = Kernels, Pool = Pool, MaxTokens = maxTokens, MaxSequences = 1, MaxLogitRows = Math.Max(1, logitRows) };
        return new BlockWalk(checkpoint, options, withHead: logitRows > 0);
    }
}
