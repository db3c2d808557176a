using Sparrow.Server.Observability;

namespace Sparrow.Server.Hosting;

/// <summary>Looks after the pool every second.</summary>
internal sealed partial class PoolSweep(PoolService pool, TimeProvider time, ILogger<PoolSweep> logger) : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await pool.SweepAsync();
            }
            catch (Exception exception) when (exception is IOException or InvalidOperationException)
            {
                // One model's trouble must not end the care for the others.
                Log.SweepFailed(logger, exception.Message);
            }

            await Task.Delay(s_pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.PoolSweepFailed, LogLevel.Warning, "The pool could not be looked after: {Reason}")]
        public static partial void SweepFailed(ILogger logger, string reason);
    }
}
