using System.Text.Json.Nodes;
using Sparrow.Server.Hub;
using Sparrow.Server.Jobs;

namespace Sparrow.Server.Api.Jobs;

/// <summary>Jobs, events and checkpoints as callers see them (C §9.2, 9.4).</summary>
internal static class JobJson
{
    public static JsonObject Of(JobRecord job, JobFlavor flavor)
    {
        bool succeeded = job.Status == JobStatus.Succeeded;
        JsonObject json = new()
        {
            ["id"] = job.Id,
            ["object"] = flavor.Object,
            ["created_at"] = job.CreatedAt,
            ["started_at"] = job.StartedAt,
            ["finished_at"] = job.FinishedAt,
            ["estimated_finish"] = job.EstimatedFinish,
            ["status"] = job.Status,
            ["progress"] = Progress(job.Progress),
            ["model"] = job.Spec.Model,
            ["compressed_model"] = succeeded ? job.Spec.TargetModel : null,
            ["revision"] = succeeded || job.Stage == JobStage.Deploy ? job.Revision : null,
            ["fine_tuned_model"] = succeeded ? $"{job.Spec.TargetModel}@{job.Revision}" : null,
            ["source"] = Source(job.Spec),
            ["method"] = JsonNode.Parse(job.Spec.Method.GetRawText()),
            ["calibration_file"] = job.Spec.CalibrationFile,
            ["evaluation"] = Evaluation(job.Spec.Evaluation),
            ["deploy"] = new JsonObject { ["mode"] = job.Spec.Deploy },
            ["suffix"] = job.Spec.Suffix,
            ["seed"] = job.Spec.Seed,
            ["metadata"] = Metadata(job.Spec),
            ["resources"] = new JsonObject { ["max_threads"] = job.Spec.MaxThreads, ["max_memory_bytes"] = job.Spec.MaxMemoryBytes },
            ["result_files"] = new JsonArray([.. job.ResultFiles.Select(id => JsonValue.Create(id))]),
            ["report"] = job.Report is { } report ? JsonNode.Parse(report.GetRawText()) : null,
            ["error"] = job.Error is { } error ? new JsonObject { ["code"] = error.Code, ["message"] = error.Message, ["param"] = error.Param } : null,
            ["resumed"] = job.Resumed,
        };
        if (flavor.IsFineTuning)
        {
            AddFineTuning(json, job);
        }

        return json;
    }

    public static JsonObject Of(JobEvent told, JobFlavor flavor) => new()
    {
        ["id"] = told.Id,
        ["object"] = $"{flavor.Object}.event",
        ["created_at"] = told.CreatedAt,
        ["level"] = told.Level,
        ["type"] = told.Type,
        ["message"] = told.Message,
        ["data"] = told.Data is { } data ? JsonNode.Parse(data.GetRawText()) : new JsonObject(),
    };

    public static JsonObject Of(JobCheckpoint point, JobRecord job, JobFlavor flavor)
    {
        JsonObject json = new()
        {
            ["id"] = point.Id,
            ["object"] = $"{flavor.Object}.checkpoint",
            ["created_at"] = point.CreatedAt,
            ["step"] = point.Step,
            ["layer"] = point.Layer,
            ["bytes"] = point.Bytes,
        };
        if (flavor.IsFineTuning)
        {
            // A checkpoint of ours is a place to go on from, and no model to call.
            json["fine_tuned_model_checkpoint"] = "";
            json["fine_tuning_job_id"] = job.Id;
            json["step_number"] = point.Layer;
            json["metrics"] = new JsonObject { ["step"] = point.Layer };
        }

        return json;
    }

    /// <summary>A page (G-9).</summary>
    public static JsonObject Page<T>(ListPage<T> page, Func<T, JsonObject> of) => new()
    {
        ["object"] = "list",
        ["data"] = new JsonArray([.. page.Items.Select(of)]),
        ["first_id"] = page.FirstId,
        ["last_id"] = page.LastId,
        ["has_more"] = page.HasMore,
    };

    private static void AddFineTuning(JsonObject json, JobRecord job)
    {
        json["training_file"] = job.Spec.CalibrationFile ?? "";
        json["validation_file"] = job.Spec.Evaluation.File;
        json["trained_tokens"] = null;
        json["organization_id"] = "";
        json["integrations"] = new JsonArray();
        json["hyperparameters"] = new JsonObject { ["n_epochs"] = "auto", ["batch_size"] = "auto", ["learning_rate_multiplier"] = "auto" };
    }

    private static JsonObject? Progress(JobProgress? progress) => progress is null ? null : new JsonObject
    {
        ["step"] = progress.Step,
        ["step_index"] = progress.StepIndex,
        ["step_count"] = progress.StepCount,
        ["layer"] = progress.Layer,
        ["layer_count"] = progress.LayerCount,
        ["fraction"] = Math.Round(progress.Fraction, 12),
    };

    private static JsonObject? Source(JobSpec spec)
    {
        if (spec.Hub is { } hub)
        {
            HubReference reference = HubReference.Parse(hub);
            return new JsonObject { ["hub"] = new JsonObject { ["repository"] = reference.Repository, ["revision"] = reference.Revision, ["file"] = reference.File } };
        }

        return spec.Source.Count == 0
            ? null
            : new JsonObject { ["files"] = new JsonArray([.. spec.Source.Select(file => new JsonObject { ["file_id"] = file.FileId, ["path"] = file.Path })]) };
    }

    private static JsonObject Evaluation(JobEvaluation evaluation) => new()
    {
        ["perplexity"] = evaluation.Perplexity,
        ["max_perplexity_increase"] = evaluation.MaximumPerplexityIncrease,
        ["file"] = evaluation.File,
        ["window"] = evaluation.Window,
        ["max_windows"] = evaluation.MaximumWindows,
    };

    private static JsonObject Metadata(JobSpec spec)
    {
        JsonObject metadata = [];
        foreach ((string key, string value) in spec.Metadata)
        {
            metadata[key] = value;
        }

        return metadata;
    }
}
