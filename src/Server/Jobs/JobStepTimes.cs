namespace Sparrow.Server.Jobs;

/// <summary>Times between the pipeline's marks, by the step that each began.</summary>
internal sealed class JobStepTimes(JobMetrics metrics, TimeProvider time)
{
    private string? _step;
    private long _since;

    public void Take(string step)
    {
        if (step != _step)
        {
            End();
            _step = step;
            _since = time.GetTimestamp();
        }
    }

    public void End()
    {
        if (_step is not null)
        {
            metrics.StepEnded(_step, time.GetElapsedTime(_since));
            _step = null;
        }
    }
}
