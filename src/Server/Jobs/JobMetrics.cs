using System.Diagnostics.Metrics;
using Sparrow.Compression.Steps;
using Sparrow.Runtime.Threading;
using Sparrow.Server.Observability;

namespace Sparrow.Server.Jobs;

/// <summary>The series of compression jobs (C §12.3).</summary>
internal sealed class JobMetrics
{
    private const string Other = "other";

    private static readonly string[] s_ends = [JobStatus.Succeeded, JobStatus.Failed, JobStatus.Cancelled];
    private static readonly HashSet<string> s_steps = [.. StepRegistry.All.Select(step => step.Label), "calibrate", "store", "perplexity"];

    private readonly Counter<long> _ended;
    private readonly Counter<long> _resumed;
    private readonly Histogram<double> _steps;

    public JobMetrics(IMeterFactory factory, JobStore jobs, ActiveJobs active)
    {
        Meter meter = factory.Create(new MeterOptions(ServerMetrics.MeterName));
        _ended = meter.CreateCounter<long>("sparrow.compression.jobs_total", "{job}", "Compression jobs that have ended, by result.");
        _resumed = meter.CreateCounter<long>("sparrow.compression.resumes", "{resume}", "Compression jobs that went on after a restart.");
        _steps = meter.CreateHistogram(
            "sparrow.compression.step", "s", "Time of a step of a compression, on one layer or on the whole model.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [.01, .05, .1, .5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800] });
        meter.CreateObservableCounter(
            "sparrow.compression.yield", () => WorkerPool.Shared.WaitedBy(WorkerLane.Compression).TotalSeconds, "s", "Time for which jobs waited while requests were computed.");
        meter.CreateObservableGauge(
            "sparrow.compression.jobs",
            () =>
            {
                IReadOnlyList<JobRecord> open = jobs.Open;
                return JobStatus.All.Where(status => !JobStatus.IsTerminal(status)).Select(status =>
                    new Measurement<int>(open.Count(job => job.Status == status), new KeyValuePair<string, object?>("status", status)));
            },
            "{job}",
            "Compression jobs that have not ended, by status.");
        meter.CreateObservableGauge(
            "sparrow.compression.progress_ratio", () => Progress(active)?.Fraction ?? 0, null, "Share of the running job that is done; 0 while none runs.");
        meter.CreateObservableGauge(
            "sparrow.compression.layer", () => Progress(active)?.Layer ?? 0, null, "Layer that the running job works on; 0 outside the layers.");
        foreach (string end in s_ends)
        {
            _ended.Add(0, new KeyValuePair<string, object?>("result", end));
        }

        _resumed.Add(0);
    }

    public void Ended(string status) => _ended.Add(1, new KeyValuePair<string, object?>("result", status));

    public void Resumed() => _resumed.Add(1);

    public void StepEnded(string step, TimeSpan elapsed) =>
        _steps.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("step", s_steps.Contains(step) ? step : Other));

    // One job: several would need a label that grows with them.
    private static JobProgress? Progress(ActiveJobs active) => active.All.Select(job => job.Meter).OfType<JobProgressMeter>().FirstOrDefault()?.Now;
}
