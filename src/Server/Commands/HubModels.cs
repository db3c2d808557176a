using Microsoft.Extensions.Logging.Abstractions;
using Sparrow.Server.Hosting;
using Sparrow.Server.Hub;
using Sparrow.Server.Options;

namespace Sparrow.Server.Commands;

/// <summary>Pulls the models of a command line that are named by a hub's repository.</summary>
internal static class HubModels
{
    // A line for each tenth, where nobody sees a bar.
    private const int LoggedShares = 10;

    /// <summary>The same sources, with the paths of what was pulled.</summary>
    /// <exception cref="HubException">One of them cannot be had.</exception>
    public static async Task<IReadOnlyList<ModelSource>> PullAsync(
        IReadOnlyList<ModelSource> sources, ServerSettings settings, CancellationToken cancellation)
    {
        if (sources.All(source => source.Hub is null))
        {
            return sources;
        }

        using HubSource hub = new(settings, TimeProvider.System, NullLogger<HubSource>.Instance);
        List<ModelSource> pulled = [];
        foreach (ModelSource source in sources)
        {
            pulled.Add(source.Hub is { } reference
                ? source with { Path = (await hub.PullAsync(reference, new Lines(reference), cancellation)).Path }
                : source);
        }

        return pulled;
    }

    private sealed class Lines(HubReference reference) : IProgress<HubProgress>
    {
        private long _shown = -1;

        public void Report(HubProgress value)
        {
            long share = LoggedShares * value.ReceivedBytes / Math.Max(1, value.TotalBytes);
            if (share == _shown)
            {
                return;
            }

            _shown = share;
            Console.Error.WriteLine(FormattableString.Invariant(
                $"Pulling {reference}: {value.ReceivedBytes / 1e6:0.0} of {value.TotalBytes / 1e6:0.0} MB"));
        }
    }
}
