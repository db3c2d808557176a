using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Peft;
using Sparrow.Runtime.Threading;
using Sparrow.Server.Admission;
using Sparrow.Server.Observability;
using Sparrow.Server.Options;

namespace Sparrow.Server.Hosting;

/// <summary>Makes revisions in memory: loads, warms, and puts an engine on them. One at a time, since a load takes all of the disk.</summary>
internal sealed partial class ModelFactory(ServerSettings settings, RuntimeMetrics runtimeMetrics, PoolEvents events, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Whether this is how loading fails, as opposed to a mistake in the program.</summary>
    public static bool IsLoadFailure(Exception exception) => exception is CheckpointException or IOException or UnauthorizedAccessException
        or ArgumentException or OutOfMemoryException or InvalidOperationException or NotSupportedException or InsufficientMemoryForModelException;

    /// <summary>Bytes that a revision will take before it has served anything, from its headers.</summary>
    /// <exception cref="CheckpointException">The checkpoint cannot be used.</exception>
    public long Estimate(PoolEntry entry, ModelRevision revision)
    {
        InferenceOptions options = OptionsOf(entry);
        using Checkpoint checkpoint = Open(entry, revision);
        return MemoryEstimate.Of(checkpoint, options) + entry.Adapters.Sum(adapter => AdapterLoader.Estimate(adapter.Path, checkpoint.Config));
    }

    /// <summary>Loads a revision. Its engine runs, but takes nothing before the revision is made the active one.</summary>
    public async Task<ServedModel> LoadAsync(PoolEntry entry, ModelRevision revision, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            return await LoaderThread.RunAsync(() => Load(entry, revision));
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private ServedModel Load(PoolEntry entry, ModelRevision revision)
    {
        InferenceOptions options = OptionsOf(entry);
        Open(entry, revision).Dispose();
        LoadedModel model = ModelLoader.Load(revision.Path, options, new LoadProgress(entry, events));
        try
        {
            model.ComputeIn(WorkerLane.Background);
            WarmUp.Run(model);
            string id = revision.Id ?? IdOf(model);
            string fingerprint = FingerprintOf(id, model, options);
            ServedAdapter[] adapters = Attach(model, entry.Adapters, fingerprint);
            model.ComputeIn(WorkerLane.Serving);
            RevisionLeases leases = new(entry.Queue, PromptForm.Of(revision.Path, model)) { ContextLength = model.ContextLength };
            InferenceEngine engine = new(
                model.StepModel,
                leases,
                options with { Activations = model.Activations, ContextLength = model.ContextLength },
                time,
                EndsOf(model),
                runtimeMetrics,
                entry.Name);
            ServedModel served = new()
            {
                Name = entry.Name,
                Created = time.GetUtcNow().ToUnixTimeSeconds(),
                Model = model,
                Engine = engine,
                Queue = entry.Queue,
                Leases = leases,
                Revision = id,
                Source = revision with { Id = id },
                Fingerprint = fingerprint,
                Adapters = adapters,
                BatchInvariant = options.BatchInvariant,
                CachePlan = CachePlan.Of(model),
            };
            leases.Owner = served;
            leases.Wake = engine.Wake;
            leases.CanRun = engine.CanEverFit;
            leases.Idle = () =>
            {
                entry.Touch();
                entry.Signal();
            };
            return served;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private InferenceOptions OptionsOf(PoolEntry entry)
    {
        InferenceOptions options = settings.ToInferenceOptions();
        return options with
        {
            KvProfile = entry.Record.KvProfile ?? options.KvProfile,
            ContextLength = entry.Record.MaxModelLength ?? options.ContextLength,
        };
    }

    private static Checkpoint Open(PoolEntry entry, ModelRevision revision)
    {
        if (entry.IsSample && revision.Record is null)
        {
            SampleModel.EnsureWritten(revision.Path);
        }

        return Path.Exists(revision.Path) ? Checkpoint.Open(revision.Path) : throw new CheckpointException(revision.Path, "there is no such file or folder");
    }

    // The same weights behind another cache answer otherwise, so they are another revision.
    private static string IdOf(LoadedModel model) => "rev_" + ShortHash($"{model.Digest}|{model.KvProfile.Digest}");

    // The checkpoint's configuration and its tokenizer may each name ends that the other does not.
    private static int[] EndsOf(LoadedModel model) => model.Tokenizer?.EndOfSequenceId is int end
        ? [.. model.Config.EndOfSequenceIds.Append(end).Distinct()]
        : [.. model.Config.EndOfSequenceIds];

    /// <summary>D-3: changes whenever something changes that answers may depend on.</summary>
    private static string FingerprintOf(string revision, LoadedModel model, InferenceOptions options)
    {
        string facts = string.Join(
            '|', revision, model.KvProfile.Digest, model.Activations, model.Kernels.Name, BuildFacts.Version, options.BatchInvariant);
        return "fp_" + ShortHash(facts);
    }

    private static string ShortHash(string facts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(facts)))[..12];

    private sealed class LoadProgress(PoolEntry entry, PoolEvents events) : IProgress<double>
    {
        // A listener sees ten steps of a load, however many tensors it has.
        private const double Step = 0.1;

        private double _told;

        public void Report(double value)
        {
            entry.Progress = value;
            if (value >= _told + Step)
            {
                _told = value;
                events.Add(
                    "load.progress",
                    $"The model '{entry.Name}' is loaded to {value:P0}.",
                    new JsonObject { ["model"] = entry.Name, ["progress"] = Math.Round(value, 4) });
            }
        }
    }
}
