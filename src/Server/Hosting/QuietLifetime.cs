namespace Sparrow.Server.Hosting;

/// <summary>A host lifetime that listens to nothing: signals lead to the <see cref="Drain"/>, which stops the host when it is done.</summary>
internal sealed class QuietLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
