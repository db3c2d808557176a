namespace Sparrow.Compression.Pipeline;

/// <summary>From places in the work to shares of it and the time that is left.</summary>
/// <param name="report">Told of every change.</param>
/// <param name="time">Clock.</param>
/// <param name="blockCount">Blocks of the model.</param>
/// <param name="mostlyPrepares">Whether a step does nearly all before the blocks: where a whole model is trained.</param>
internal sealed class ProgressMeter(Action<CompressionProgress>? report, TimeProvider time, int blockCount, bool mostlyPrepares)
{
    // Of the whole, by feeling: an estimate that jumps at the end is worse than none.
    private readonly double _prepareShare = mostlyPrepares ? 0.9 : 0.05;
    private readonly double _blockShare = mostlyPrepares ? 0.05 : 0.85;

    private double _firstShare = -1;
    private readonly long _start = time.GetTimestamp();
    private long _firstBlockAt;
    private int _firstBlock = -1;

    /// <summary>Seconds since the meter was made.</summary>
    public double Seconds => time.GetElapsedTime(_start).TotalSeconds;

    /// <summary>Before the blocks.</summary>
    public void Prepare(string step, double share)
    {
        // What an earlier run has done says nothing about the pace of this one; the beginning of a step is before that is known.
        _firstShare = _firstShare < 0 && share > 0 ? share : _firstShare;
        double done = share - _firstShare;
        TimeSpan? remaining = mostlyPrepares && _firstShare >= 0 && done > 0.01 ? time.GetElapsedTime(_start) * ((1 - share) / done) : null;
        Report("prepare", step, null, _prepareShare * share, remaining);
    }

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
        Report("blocks", step, block, _prepareShare + (_blockShare * (block + share) / blockCount), remaining);
    }

    /// <summary>After the blocks.</summary>
    public void After(string stage, string step, double share) =>
        Report(stage, step, null, _prepareShare + _blockShare + ((1 - _prepareShare - _blockShare) * share), null);

    private void Report(string stage, string step, int? block, double fraction, TimeSpan? remaining) =>
        report?.Invoke(new CompressionProgress(stage, step, block, blockCount, fraction, remaining));
}
