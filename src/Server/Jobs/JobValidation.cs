using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Planning;
using Sparrow.Compression.Recipes;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Threading;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Options;
using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Files;

namespace Sparrow.Server.Jobs;

/// <summary>
/// J-2: everything that can be known to fail is found before a job queues. Puts the source together, writes the recipe, opens the checkpoint (which
/// holds every tensor to the configuration), reads calibration, and plans memory and disk.
/// </summary>
internal sealed class JobValidation(JobSources sources, FileStore files, StorageRoot root, ServerSettings settings)
{
    private readonly Lock _ratesLock = new();
    private MachineRates? _rates;

    /// <summary>Looks at everything.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="folder">A folder to work in.</param>
    /// <param name="checkDigests">Whether uploaded bytes are read and held to their digests.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ApiException">A file is gone or damaged.</exception>
    /// <exception cref="RecipeException">The recipe does not fit the model.</exception>
    /// <exception cref="CheckpointException">The files make no checkpoint that can be compressed.</exception>
    public JobPlan Look(JobSpec spec, JobFolder folder, bool checkDigests, CancellationToken cancellation)
    {
        folder.Create();
        List<string> warnings = [];
        (string path, string? revision) = sources.Put(spec, folder, checkDigests, cancellation);
        using Checkpoint source = Checkpoint.Open(path);
        CompressionRecipe recipe = JobRecipe.Write(spec, folder, source.LoadTokenizer() is not null, new JobTexts(files), warnings.Add);
        CompressionPipeline.Check(new CompressionOptions
        {
            Model = path,
            Recipe = recipe,
            Training = recipe.Trains ? JobTraining.Read(path, folder) : null,
            Output = folder.Artifact,
            Kernels = settings.Engine.Kernels,
        });
        KvProfile profile = KvProfile.Resolve(settings.KvCache.Profile ?? "kv16", source.Config.LayerCount);
        PlanReport report = PlanReport.Create(source, Rates(cancellation), profile, settings.Engine.Activations != "float", recipe: recipe);
        warnings.AddRange(report.Compression!.Notes);
        long memory = Math.Min(FreeMemory.Bytes(), spec.MaxMemoryBytes ?? long.MaxValue);
        return new JobPlan(path, revision, recipe, report, memory, root.FreeBytes(), warnings);
    }

    /// <summary>Refuses what does not fit this machine.</summary>
    /// <exception cref="ApiException">503 <c>insufficient_memory</c>, 507 <c>insufficient_storage</c>.</exception>
    public static void RequireRoom(JobPlan plan)
    {
        CompressionPlan need = plan.Report.Compression!;
        if (!plan.FitsMemory)
        {
            throw new ApiException(
                503, "unavailable_error", "insufficient_memory",
                $"The job needs about {need.PeakMemoryBytes} bytes of memory at its largest moment, and may use {plan.FreeMemory}.", "resources.max_memory_bytes");
        }

        if (!plan.FitsDisk)
        {
            throw new ApiException(
                507, "server_error", "insufficient_storage", $"The job needs about {need.DiskBytes} bytes of disk, and {plan.FreeDisk} are free beside the reserve.");
        }
    }

    // Measured once; in the jobs' lane, as requests may be answered meanwhile.
    private MachineRates Rates(CancellationToken cancellation)
    {
        lock (_ratesLock)
        {
            return _rates ??= MachineRatesFile.Get(settings.Engine.Kernels, lane: WorkerLane.Compression, cancellation: cancellation);
        }
    }
}
