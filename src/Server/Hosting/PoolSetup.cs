using Sparrow.Server.Hosting.Swaps;

namespace Sparrow.Server.Hosting;

/// <summary>What the composition needs of the pool.</summary>
internal static class PoolSetup
{
    public static IServiceCollection AddPool(this IServiceCollection services)
    {
        services.AddSingleton<ModelPool>();
        services.AddSingleton<ModelFactory>();
        services.AddSingleton<PoolMemory>();
        services.AddSingleton<PoolStore>();
        services.AddSingleton<PoolEvents>();
        services.AddSingleton<PoolService>();
        services.AddSingleton<ModelImports>();
        services.AddSingleton<SwapStore>();
        services.AddSingleton<SwapService>();
        services.AddSingleton<IdempotentSwaps>();
        return services;
    }

    /// <summary>Takes in the models and settles the swaps that an earlier process left.</summary>
    /// <exception cref="Options.SettingsException">An adapter names no model.</exception>
    public static void RestorePool(
        this IServiceProvider services, IReadOnlyList<ModelSource> models, ModelSource fallback, IReadOnlyList<AdapterSource> adapters)
    {
        services.GetRequiredService<SwapService>().Recover();
        PoolService pool = services.GetRequiredService<PoolService>();
        pool.Restore(models, fallback);
        pool.AddAdapters(adapters);
    }
}
