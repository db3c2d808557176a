using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Records;

namespace Sparrow.Server.Hosting.Swaps;

/// <summary>G-10 for swaps: the same call sent twice begins one.</summary>
internal sealed class IdempotentSwaps(SwapService swaps, IdempotencyStore keys, IRecordStore records)
{
    private readonly Lock _lock = new();

    /// <exception cref="Api.Errors.ApiException">409: the key was used with another body; and whatever a swap is refused for.</exception>
    public SwapRecord Start(SwapRequest request, IdempotencyKey? key)
    {
        if (key is null)
        {
            return swaps.Start(request);
        }

        lock (_lock)
        {
            if (keys.Find(key) is { } earlier && swaps.Find(earlier) is { } known)
            {
                return known;
            }

            SwapRecord swap = swaps.Start(request);
            records.Apply(keys.Remember(key, swap.Id));
            return swap;
        }
    }
}
