using Sparrow.Server.Options;
using Sparrow.Server.Storage.Files;
using Sparrow.Server.Storage.Records;
using Sparrow.Server.Storage.Revisions;
using Sparrow.Server.Storage.Uploads;

namespace Sparrow.Server.Storage;

/// <summary>What the composition needs of this folder.</summary>
internal static class StorageSetup
{
    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddSingleton<StorageRoot>();
        services.AddSingleton(OpenRecords);
        services.AddSingleton<IdempotencyStore>();
        services.AddSingleton<FileStore>();
        services.AddSingleton<UploadStore>();
        services.AddSingleton<StorageMetrics>();
        services.AddSingleton<RevisionStore>();
        services.AddHostedService<StorageSweep>();
        return services;
    }

    /// <summary>Opens all of it now, so that a folder that cannot be used stops the start.</summary>
    /// <exception cref="SettingsException">It cannot.</exception>
    public static void OpenStorage(this IServiceProvider services)
    {
        services.GetRequiredService<UploadStore>();
        services.GetRequiredService<RevisionStore>();
    }

    private static IRecordStore OpenRecords(IServiceProvider services)
    {
        StorageRoot root = services.GetRequiredService<StorageRoot>();
        try
        {
            return new SqliteRecordStore(root.Database);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            throw new SettingsException([$"Storage:Root: {exception.Message}"]);
        }
    }
}
