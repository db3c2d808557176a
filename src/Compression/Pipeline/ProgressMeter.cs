namespace Sparrow.Compression.Pipeline;

/// <summary>From places in the work to shares of it and the time that is left.</summary>
/// <param name="report">Told of every change.</param>
/// <param name="time">Clock.</param>
/// <param name="blockCount">Blocks of the model.</param>
/// <param name="trains">Whether a step does far more before the blocks than with them: where a whole model is trained.</param>
/// <param name="searches">Whether a step tries the finished model many times over.</param>
internal sealed class ProgressMeter(Action<CompressionProgress>? report, TimeProvider time, int blockCount, bool trains, bool searches)
{
    // In units of what all blocks take, by feeling: an estimate that jumps at the end is worse than none. Training 150,000 tokens of LoSA and
    // tuning the cache of SmolLM2 took 37 and 16 times as long as rounding it; other methods take longer than rounding, so half of that.
    private readonly double _prepareWork = trains ? 18 : 0.06;
    private readonly double _afterWork = searches ? 8 : trains ? 1 : 0.12;

    private string? _stage;
    private long _stageAt;
    private double _stageShare;
    private double _firstShare = -1;
    private long _firstAt;
    private readonly long _start = time.GetTimestamp();
    private long _firstBlockAt;
    private int _firstBlock = -1;

    /// <summary>Seconds since the meter was made.</summary>
    public double Seconds => time.GetElapsedTime(_start).TotalSeconds;

    /// <summary>How much of what comes after the blocks is the finishing of steps; the rest is measuring.</summary>
    public double FinishShare => searches ? 0.95 : 0.5;

    /// <summary>Before the blocks.</summary>
    public void Prepare(string step, double share)
    {
        // What an earlier run has done says nothing about the pace of this one; the beginning of a step is before that is known.
        if (_firstShare < 0 && share > 0)
        {
            (_firstShare, _firstAt) = (share, time.GetTimestamp());
        }

        double done = share - _firstShare;
        double left = 1 - share + ((1 + _afterWork) / _prepareWork);
        TimeSpan? remaining = trains && _firstShare >= 0 && done > 0.01 ? time.GetElapsedTime(_firstAt) * (left / done) : null;
        Report("prepare", step, null, _prepareWork * share, remaining);
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
        double left = blockCount - block - share + (searches ? _afterWork * blockCount : 0);
        TimeSpan? remaining = done < 0.5 ? null : time.GetElapsedTime(_firstBlockAt) * (left / done);
        Report("blocks", step, block, _prepareWork + ((block + share) / blockCount), remaining);
    }

    /// <summary>After the blocks: the finishing of steps, of which a search takes nearly all, and then what is measured.</summary>
    public void After(string stage, string step, double share)
    {
        if (stage != _stage)
        {
            (_stage, _stageAt, _stageShare) = (stage, time.GetTimestamp(), share);
        }

        double done = share - _stageShare;
        TimeSpan? remaining = searches && stage == "finish" && done > 0.01 ? time.GetElapsedTime(_stageAt) * ((1 - share) / done) : null;
        Report(stage, step, null, _prepareWork + 1 + (_afterWork * share), remaining);
    }

    private void Report(string stage, string step, int? block, double work, TimeSpan? remaining) =>
        report?.Invoke(new CompressionProgress(stage, step, block, blockCount, work / (_prepareWork + 1 + _afterWork), remaining));
}
