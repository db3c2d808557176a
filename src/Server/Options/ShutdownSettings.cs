namespace Sparrow.Server.Options;

/// <summary>H-4: how the server leaves.</summary>
/// <param name="Delay">Time between turning not ready and refusing calls: balancers notice.</param>
/// <param name="Drain">Time that running and queued requests get to finish.</param>
internal sealed record ShutdownSettings(TimeSpan Delay, TimeSpan Drain)
{
    /// <summary>H-5: what an orchestrator should grant before it kills.</summary>
    public TimeSpan GracePeriod => Delay + Drain + TimeSpan.FromSeconds(15);

    public static ShutdownSettings Read(SettingsReader reader) =>
        new(reader.Seconds("Shutdown:DelaySeconds", 15), reader.Seconds("Shutdown:DrainSeconds", 300));
}
