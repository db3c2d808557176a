using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Observability;

namespace Sparrow.Server.Hosting;

/// <summary>
/// H-6: once the server listens, loads the models one after the other, warms them and reports ready. A model of the command line that cannot be loaded
/// stops the start: whoever named it wants it served. One that is only restored fails alone (P-10).
/// </summary>
internal sealed partial class ModelStartup(
    ModelPool pool,
    PoolService models,
    ServerState state,
    IHostApplicationLifetime lifetime,
    IServer server,
    ILogger<ModelStartup> logger) : IHostedLifecycleService
{
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isStarted;
    private volatile bool _isStopping;

    /// <summary>Completes when all models are loaded and warm, or with the reason why not.</summary>
    public Task Finished => _finished.Task;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The server listens now.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _isStarted = true;
        models.Run(LoadAllAsync);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_isStarted)
        {
            await Finished.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async Task StoppedAsync(CancellationToken cancellationToken) => await models.DisposeAsync();

    private async Task LoadAllAsync()
    {
        foreach (PoolEntry sample in pool.Entries.Where(entry => entry.IsSample))
        {
            Log.Sample(logger, sample.Name);
        }

        try
        {
            await models.LoadRestoredAsync(() => _isStopping);
        }
        catch (Exception exception) when (exception is ApiException or OperationCanceledException)
        {
            _finished.SetException(exception is ApiException ? new CheckpointException("the models", exception.Message) : exception);
            lifetime.StopApplication();
            return;
        }

        if (FailedAdapter() is { } failure)
        {
            _finished.SetException(new CheckpointException("the adapters", failure));
            lifetime.StopApplication();
            return;
        }

        state.IsStarted = true;
        if (!_isStopping)
        {
            StartReport.Ready(logger, server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [], pool);
        }

        _finished.SetResult();
    }

    // An adapter of the command line is wanted as its model is. Beside a revision that was swapped in it may have stopped to fit, which must not keep
    // the model from serving.
    private string? FailedAdapter() => pool.Models
        .Where(model => model.Source.Record is null)
        .SelectMany(model => model.Adapters)
        .Select(adapter => adapter.Failure)
        .FirstOrDefault(failure => failure is not null);

    private static partial class Log
    {
        [LoggerMessage(EventIds.SampleModel, LogLevel.Warning,
            "No --model was given: '{Model}' is a tiny sample that knows a few facts, sums, colours and stories, and nothing else")]
        public static partial void Sample(ILogger logger, string model);
    }
}
