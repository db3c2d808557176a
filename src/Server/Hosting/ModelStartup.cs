using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Observability;
using Sparrow.Server.Options;

namespace Sparrow.Server.Hosting;

/// <summary>
/// H-6: once the server listens, loads the models one after the other, warms them and reports ready. A model that cannot be loaded stops the
/// start: whoever named it wants it served.
/// </summary>
internal sealed partial class ModelStartup(
    ModelPool pool,
    ServerSettings settings,
    ServerState state,
    IHostApplicationLifetime lifetime,
    RuntimeMetrics runtimeMetrics,
    ServerMetrics metrics,
    IServer server,
    TimeProvider time,
    ILogger<ModelStartup> logger) : IHostedLifecycleService
{
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Thread? _loader;
    private volatile bool _isStopping;

    /// <summary>Completes when all models are loaded and warm, or with the reason why not.</summary>
    public Task Finished => _finished.Task;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The server listens now.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        // A thread of its own: loading computes and waits for disks for seconds, which is not what pool threads are for.
        _loader = new Thread(LoadAll) { IsBackground = true, Name = "model loader" };
        _loader.Start();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_loader is not null)
        {
            await Finished.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        foreach (ServedModel model in pool.Models)
        {
            await model.DisposeAsync();
        }
    }

    private void LoadAll()
    {
        foreach (PoolEntry entry in pool.Entries)
        {
            if (_isStopping)
            {
                break;
            }

            long start = time.GetTimestamp();
            try
            {
                ServedModel model = Load(entry);
                entry.Activate(model);
                metrics.Loaded(time.GetElapsedTime(start).TotalSeconds, succeeded: true);
                StartReport.Model(logger, model, time.GetElapsedTime(start));
            }
            catch (Exception exception) when (exception is CheckpointException or IOException or UnauthorizedAccessException or ArgumentException
                or OutOfMemoryException or InvalidOperationException or NotSupportedException)
            {
                entry.Fail(exception.Message);
                metrics.Loaded(time.GetElapsedTime(start).TotalSeconds, succeeded: false);
                Log.LoadFailed(logger, entry.Name, exception.Message);
                _finished.SetException(exception);
                lifetime.StopApplication();
                return;
            }
        }

        state.IsStarted = true;
        if (!_isStopping)
        {
            StartReport.Ready(logger, server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [], pool);
        }

        _finished.SetResult();
    }

    private ServedModel Load(PoolEntry entry)
    {
        InferenceOptions options = settings.ToInferenceOptions();
        if (entry.Source.IsSample)
        {
            Log.Sample(logger, entry.Name);
            SampleModel.EnsureWritten(entry.Source);
        }

        if (!Path.Exists(entry.Source.Path))
        {
            throw new CheckpointException(entry.Source.Path, "there is no such file or folder");
        }

        LoadedModel model = ModelLoader.Load(entry.Source.Path, options, new LoadProgress(entry));
        WarmUp.Run(model);
        RevisionLeases leases = new(entry.Queue);
        string revision = "rev_" + model.Digest[..Math.Min(12, model.Digest.Length)].ToLowerInvariant();
        return new ServedModel
        {
            Name = entry.Name,
            Created = time.GetUtcNow().ToUnixTimeSeconds(),
            Model = model,
            Engine = new InferenceEngine(
                model.StepModel,
                leases,
                options with { Activations = model.Activations, ContextLength = model.ContextLength },
                time,
                EndsOf(model),
                runtimeMetrics,
                entry.Name),
            Queue = entry.Queue,
            Leases = leases,
            Revision = revision,
            Fingerprint = FingerprintOf(revision, model, options),
            BatchInvariant = options.BatchInvariant,
            CachePlan = CachePlan.Of(model),
        };
    }

    // The checkpoint's configuration and its tokenizer may each name ends that the other does not.
    private static int[] EndsOf(LoadedModel model) => model.Tokenizer?.EndOfSequenceId is int end
        ? [.. model.Config.EndOfSequenceIds.Append(end).Distinct()]
        : [.. model.Config.EndOfSequenceIds];

    /// <summary>D-3: changes whenever something changes that answers may depend on.</summary>
    private static string FingerprintOf(string revision, LoadedModel model, InferenceOptions options)
    {
        string facts = string.Join(
            '|', revision, model.KvProfile.Digest, model.Activations, model.Kernels.Name, BuildFacts.Version, options.BatchInvariant);
        return "fp_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(facts)))[..12];
    }

    private sealed class LoadProgress(PoolEntry entry) : IProgress<double>
    {
        public void Report(double value) => entry.Progress = value;
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.ModelFailed, LogLevel.Error, "The model '{Model}' could not be loaded: {Reason}")]
        public static partial void LoadFailed(ILogger logger, string model, string reason);

        [LoggerMessage(EventIds.SampleModel, LogLevel.Warning,
            "No --model was given: '{Model}' is a tiny sample whose weights are random, so what it says is nonsense")]
        public static partial void Sample(ILogger logger, string model);
    }
}
