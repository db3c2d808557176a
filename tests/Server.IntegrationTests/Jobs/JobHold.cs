using Microsoft.Extensions.DependencyInjection;
using Sparrow.Compression.Pipeline;
using Sparrow.Server.Jobs;

namespace Sparrow.Server.IntegrationTests.Jobs;

/// <summary>Stops every job of a server once its first layer is safe, until it is let go or told to stop.</summary>
internal sealed class JobHold : IDisposable
{
    private readonly ManualResetEventSlim _release = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public JobHold(SparrowServer server) => server.Services.GetRequiredService<JobRunner>().Compress = (options, cancellation) => CompressionPipeline.Run(
        options with
        {
            Saved = block =>
            {
                options.Saved!(block);
                if (block.Block == 0)
                {
                    _reached.TrySetResult();
                    _release.Wait(cancellation);
                }
            },
        },
        cancellation);

    /// <summary>Completes when the first job waits.</summary>
    public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(60));

    public void Release() => _release.Set();

    public void Dispose() => _release.Set();
}
