using Sparrow.Server.Observability;
using Sparrow.Server.Storage.Files;
using Sparrow.Server.Storage.Uploads;

namespace Sparrow.Server.Storage;

/// <summary>Once a minute removes what has expired. Answers do not wait for it: what has expired is treated as gone at once.</summary>
internal sealed partial class StorageSweep(UploadStore uploads, FileStore files, IdempotencyStore keys, TimeProvider time, ILogger<StorageSweep> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMinutes(1);

    public void Run()
    {
        uploads.RemoveExpired();
        files.RemoveExpired();
        keys.RemoveExpired();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                Run();
            }
            catch (IOException exception)
            {
                // A full disk must not end the sweep that would make room.
                Log.SweepFailed(logger, exception.Message);
            }

            await Task.Delay(s_pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.SweepFailed, LogLevel.Warning, "Expired uploads and files could not be removed: {Reason}")]
        public static partial void SweepFailed(ILogger logger, string reason);
    }
}
