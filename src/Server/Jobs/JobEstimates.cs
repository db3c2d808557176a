using System.Text.Json.Nodes;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Planning;
using Sparrow.Compression.Recipes;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Api;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Storage;

namespace Sparrow.Server.Jobs;

/// <summary>What a job would take (C §9.3): the same look as validation takes, without digests, in a folder that is gone afterwards.</summary>
internal sealed class JobEstimates(JobValidation validation, StorageRoot root)
{
    /// <exception cref="ApiException">400 where the job would fail its validation.</exception>
    public JsonObject Estimate(JobSpec spec, CancellationToken cancellation)
    {
        if (spec.Hub is not null)
        {
            throw ApiException.Unsupported("source.hub", "an estimate reads headers only, and those of a hub's model are not here yet");
        }

        JobFolder folder = new(root, ApiId.New("estimate-"));
        try
        {
            JobPlan plan = validation.Look(spec, folder, checkDigests: false, cancellation);
            CompressionPlan need = plan.Report.Compression!;
            List<string> warnings = [.. plan.Warnings];
            if (!plan.FitsMemory)
            {
                warnings.Add($"It needs about {need.PeakMemoryBytes} bytes of memory and may use {plan.FreeMemory}.");
            }

            if (!plan.FitsDisk)
            {
                warnings.Add($"It needs about {need.DiskBytes} bytes of disk and {plan.FreeDisk} are free.");
            }

            return new JsonObject
            {
                ["object"] = "compression.estimate",
                ["peak_memory_bytes"] = need.PeakMemoryBytes,
                ["disk_bytes"] = need.DiskBytes,
                ["output_bytes"] = plan.Report.Compressed!.WeightBytes,
                ["kv_bytes_per_token"] = plan.Report.KvBytesPerToken,
                ["seconds"] = Math.Round(need.Seconds, 3),
                ["fits"] = plan.FitsMemory && plan.FitsDisk,
                ["warnings"] = new JsonArray([.. warnings.Select(warning => JsonValue.Create(warning))]),
            };
        }
        catch (Exception exception) when (exception is RecipeException or CheckpointException or CompressionException)
        {
            JobError error = JobFailure.Of(exception, folder.Path);
            throw ApiException.Invalid(error.Code, error.Message, error.Param);
        }
        finally
        {
            folder.Delete();
        }
    }
}
