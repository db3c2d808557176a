namespace Sparrow.Compression.Pipeline;

/// <summary>From places in the work to shares of it and the time that is left.</summary>
internal sealed class ProgressMeter(Action<CompressionProgress>? report, TimeProvider time, int blockCount)
{
    // Of the whole, by feeling: blocks are nearly all of it, and an estimate that jumps at the end is worse than none.
    private const double PrepareShare = 0.05;
    private const double BlockShare = 0.85;

    private readonly long _start = time.GetTimestamp();
    private long _firstBlockAt;
    private int _firstBlock = -1;

    /// <summary>Seconds since the meter was made.</summary>
    public double Seconds => time.GetElapsedTime(_start).TotalSeconds;

    /// <summary>Before the blocks.</summary>
    public void Prepare(string step, double share) => Report("prepare", step, null, PrepareShare * share, null);

    /// <summary>Inside a block.</summary>
    /// <param name="block">Which.</param>
    /// <param name="step">What is being done to it.</param>
    /// <param name="share">How much of the block is done.</param>
    public void Block(int block, string step, double share)
    {
        if (_firstBlock < 0)
        {
            _firstBlock = block;
            _firstBlockAt = time.GetTimestamp();
        }

        double done = block - _firstBlock + share;
        TimeSpan? remaining = done < 0.5 ? null : time.GetElapsedTime(_firstBlockAt) * ((blockCount - block - share) / done);
        Report("blocks", step, block, PrepareShare + (BlockShare * (block + share) / blockCount), remaining);
    }

    /// <summary>After the blocks.</summary>
    public void After(string stage, string step, double share) =>
        Report(stage, step, null, PrepareShare + BlockShare + ((1 - PrepareShare - BlockShare) * share), null);

    private void Report(string stage, string step, int? block, double fraction, TimeSpan? remaining) =>
        report?.Invoke(new CompressionProgress(stage, step, block, blockCount, fraction, remaining));
}
