namespace Sparrow.Server.Options;

/// <summary>The models in memory (C §10).</summary>
/// <param name="MemoryBytes">What they may take together; null: 80 % of what is free at the start.</param>
/// <param name="LoadWait">P-4, P-7: how long a call waits for its model to be loaded.</param>
/// <param name="IdleUnload">P-8: how long a model may be idle before it is unloaded; null: for ever.</param>
/// <param name="RollbackKeep">P-5: how long the previous revision stays in memory where it fits.</param>
internal sealed record PoolSettings(long? MemoryBytes, TimeSpan LoadWait, TimeSpan? IdleUnload, TimeSpan RollbackKeep)
{
    public static PoolSettings Read(SettingsReader reader)
    {
        long? memory = reader.OptionalBytes("Pool:MemoryBytes", "80 % of what is free at the start", 1 << 20);
        TimeSpan wait = reader.Seconds("Pool:LoadWaitSeconds", 30);
        TimeSpan idle = reader.Seconds("Pool:IdleUnloadSeconds", 0);
        return new PoolSettings(memory, wait, idle > TimeSpan.Zero ? idle : null, reader.Seconds("Pool:RollbackKeepSeconds", 600));
    }
}
