using System.Text.Json;
using System.Text.Json.Nodes;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;
using Sparrow.Runtime.Threading;
using Sparrow.Server.Options;
using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Revisions;

namespace Sparrow.Server.Jobs;

/// <summary>Takes one job through its stages. Each is stored before the next begins, and each can be done again.</summary>
internal sealed class JobRunner(
    JobStore jobs, JobReports reports, JobDeployment deployment, JobMetrics metrics, StorageRoot root, ServerSettings settings, TimeProvider time)
{
    /// <summary>What compresses; tests put failures of the disk in its way.</summary>
    public Func<CompressionOptions, CancellationToken, CompressionReport> Compress { get; set; } = CompressionPipeline.Run;

    /// <summary>Works until the job has ended.</summary>
    /// <exception cref="OperationCanceledException">It was told to stop; what was finished stays.</exception>
    public void Run(JobRecord job, ActiveJob active)
    {
        JobFolder folder = new(root, job.Id);
        CompressionRecipe recipe = job.Stage <= JobStage.Report ? CompressionRecipe.Load(folder.Recipe) : CompressionRecipe.Parse(RecipeOf(job));
        JobProgressMeter meter = new(JobProgressMeter.StepsOf(recipe.Steps.Select(step => step.Label.Split(' ')[0]), recipe.Evaluation is not null), time);
        active.Meter = meter;
        CancellationToken cancellation = active.Cancellation;
        if (job.Stage == JobStage.Compress)
        {
            CompressToFolder(job, recipe, folder, meter, cancellation);
            job = jobs.Update(job.Id, now => now with { Stage = JobStage.Report, Progress = meter.Now });
        }

        if (job.Stage == JobStage.Report)
        {
            meter.Enter(JobProgressMeter.Report);
            JsonElement summary = Report(job, folder, measuresSpeed: true, cancellation);
            job = jobs.Update(job.Id, now => now with { Stage = JobStage.Publish, Report = summary, Revision = now.Revision ?? RevisionStore.NewId() });
        }

        meter.Enter(JobProgressMeter.Deploy);
        cancellation.ThrowIfCancellationRequested();
        if (job.Stage == JobStage.Publish)
        {
            deployment.Publish(job, folder.Artifact);
            job = jobs.Update(job.Id, now => now with { Stage = JobStage.Deploy });
        }

        // The job's thread is its own, so it may wait.
        deployment.DeployAsync(job, cancellation).GetAwaiter().GetResult();
    }

    private void CompressToFolder(JobRecord job, CompressionRecipe recipe, JobFolder folder, JobProgressMeter meter, CancellationToken cancellation)
    {
        CompressionReport report;
        JobStepTimes times = new(metrics, time);

        // One limit for the lane: of several jobs at once the last one's holds.
        WorkerPool.Shared.CompressionThreads = job.Spec.MaxThreads;
        try
        {
            report = Compress(
                new CompressionOptions
                {
                    Model = job.SourcePath!,
                    ModelName = job.Spec.Model,
                    Recipe = recipe,
                    Training = recipe.Trains ? JobTraining.Read(job.SourcePath!, folder) : null,
                    Output = folder.Artifact,
                    Resume = true,
                    Kernels = settings.Engine.Kernels,
                    Progress = mark =>
                    {
                        meter.Take(mark);
                        times.Take(mark.Step);
                    },
                    Saved = block => Save(job.Id, block, meter),
                    Time = time,
                },
                cancellation);
        }
        catch (GateException gate)
        {
            // What was measured is the reason for the failure, so it is told as fully as a success.
            KeepReport(folder, gate.Report);
            JsonElement summary = Report(job, folder, measuresSpeed: false, cancellation);
            jobs.Update(job.Id, now => now with { Report = summary });
            throw;
        }

        times.End();
        KeepReport(folder, report);
        foreach (string warning in report.Warnings)
        {
            jobs.Tell(job.Id, jobs.Event("warn", "message", warning));
        }
    }

    private void Save(string jobId, SavedBlock block, JobProgressMeter meter)
    {
        JobProgress progress = meter.Now;
        JsonObject data = new()
        {
            ["layer"] = block.Block + 1,
            ["layer_count"] = block.BlockCount,
            ["fraction"] = progress.Fraction,
            ["bytes"] = block.Bytes,
            ["estimated_finish"] = meter.EstimatedFinish,
        };
        jobs.Save(
            jobId,
            new JobCheckpoint($"cmpckpt-{jobId["cmpjob-".Length..]}-{block.Block + 1}", time.GetUtcNow().ToUnixTimeSeconds(), "layer", block.Block + 1, block.Bytes),
            progress,
            jobs.Event(
                "info", "metrics", $"Layer {block.Block + 1} of {block.BlockCount} is finished.",
                JsonSerializer.SerializeToElement(data, JobsJsonContext.Default.JsonObject)));
    }

    private JsonElement Report(JobRecord job, JobFolder folder, bool measuresSpeed, CancellationToken cancellation)
    {
        CompressionReport report = ReportJson.Read(File.ReadAllText(folder.Report));
        JobSpeed? speed = measuresSpeed ? JobSpeed.Measure(job.SourcePath!, folder.Artifact, settings.ToInferenceOptions(), cancellation) : null;
        JsonElement summary = measuresSpeed ? JobReports.Summarize(report, speed) : JobReports.Summarize(report, null, "the result missed its gate");
        reports.Store(job, report, summary);
        return summary;
    }

    private static void KeepReport(JobFolder folder, CompressionReport report)
    {
        // The pipeline knows its times only where it did the work: a report that an earlier process kept is the better one.
        if (!File.Exists(folder.Report))
        {
            string temporary = folder.Report + ".tmp";
            File.WriteAllText(temporary, ReportJson.Write(report));
            File.Move(temporary, folder.Report);
        }
    }

    private static string RecipeOf(JobRecord job) => JobRecipe.WithoutFiles(job.Spec.Recipe);
}
