using Sparrow.Compression.Pipeline;

namespace Sparrow.Server.Jobs;

/// <summary>
/// From the pipeline's marks to what callers see. Between two marks of a large model minutes may pass: the fraction goes on at the pace of the marks
/// before, ever slower, and never beyond what the next mark may bring (J-4).
/// </summary>
internal sealed class JobProgressMeter(IReadOnlyList<string> steps, TimeProvider time)
{
    public const string Calibrate = "calibrate";
    public const string Evaluate = "evaluate";
    public const string Report = "report";
    public const string Deploy = "deploy";

    // Of the whole: the pipeline, then measuring and writing reports.
    private const double PipelineShare = 0.97;
    private const double ReportShare = 0.02;

    // How far the fraction may run ahead of the last mark.
    private const double AheadOfLayer = 0.12;
    private const double AheadOutside = 0.01;
    private static readonly TimeSpan s_firstPace = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private JobProgress _last = new(Calibrate, 1, steps.Count, null, null, 0);
    private double _ahead = AheadOutside;
    private TimeSpan _pace = s_firstPace;
    private long _markedAt = time.GetTimestamp();
    private double _shown;
    private TimeSpan? _remaining;

    /// <summary>The words for the steps of a recipe, in order.</summary>
    public static IReadOnlyList<string> StepsOf(IEnumerable<string> recipeSteps, bool isEvaluated) =>
        [Calibrate, .. recipeSteps, .. isEvaluated ? new[] { Evaluate } : [], Report, Deploy];

    /// <summary>Where the job is now.</summary>
    public JobProgress Now
    {
        get
        {
            lock (_lock)
            {
                // Half of the way at the pace of the last mark, and slower and slower, but always on.
                double elapsed = time.GetElapsedTime(_markedAt) / _pace;
                _shown = Math.Max(_shown, Math.Min(_last.Fraction + (_ahead * elapsed / (elapsed + 1)), 1));
                return _last with { Fraction = _shown };
            }
        }
    }

    /// <summary>When it will have ended, in Unix seconds; null while there is nothing to go by.</summary>
    public long? EstimatedFinish
    {
        get
        {
            lock (_lock)
            {
                return _remaining is { } left ? (time.GetUtcNow() + (left - time.GetElapsedTime(_markedAt))).ToUnixTimeSeconds() : null;
            }
        }
    }

    /// <summary>Takes a mark of the pipeline.</summary>
    public void Take(CompressionProgress mark)
    {
        string word = mark.Step.Split(' ')[0];
        int index = mark.Stage == Evaluate ? IndexOf(Evaluate) : IndexOf(word);
        lock (_lock)
        {
            // "store" is the end of the last step, not one of its own.
            index = index < 0 ? _last.StepIndex - 1 : index;
            _remaining = mark.Remaining ?? (mark.Stage == "blocks" ? null : _remaining is { } left ? Max(left - time.GetElapsedTime(_markedAt)) : null);
            Mark(new JobProgress(
                steps[index], index + 1, steps.Count, mark.Block + 1, mark.BlockCount, mark.Fraction * PipelineShare),
                mark.Block is null ? AheadOutside : AheadOfLayer * PipelineShare / mark.BlockCount);
        }
    }

    /// <summary>The pipeline is done, and something comes after it.</summary>
    public void Enter(string step)
    {
        lock (_lock)
        {
            int index = IndexOf(step);
            Mark(
                new JobProgress(step, index + 1, steps.Count, null, _last.LayerCount, step == Report ? PipelineShare : PipelineShare + ReportShare), AheadOutside);
        }
    }

    private void Mark(JobProgress mark, double ahead)
    {
        TimeSpan since = time.GetElapsedTime(_markedAt);
        _pace = since > TimeSpan.FromMilliseconds(10) ? since : _pace;
        _markedAt = time.GetTimestamp();
        _last = mark;
        _ahead = ahead;
    }

    private int IndexOf(string step)
    {
        for (int i = 0; i < steps.Count; i++)
        {
            if (steps[i] == step)
            {
                return i;
            }
        }

        return -1;
    }

    private static TimeSpan Max(TimeSpan left) => left > TimeSpan.Zero ? left : TimeSpan.Zero;
}
