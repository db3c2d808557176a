using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Records;

namespace Sparrow.Server.Hosting.Swaps;

/// <summary>Swaps over a restart: those of today and those before.</summary>
internal sealed class SwapStore(IRecordStore records)
{
    private readonly RecordSet<SwapRecord> _swaps = new(records, "swap", StorageJsonContext.Default.SwapRecord);

    public IReadOnlyList<SwapRecord> List(string? model = null) => _swaps.List(model);

    public SwapRecord? Find(string id) => _swaps.Find(id);

    public RecordChange Put(SwapRecord swap) => _swaps.Put(swap.Id, swap, swap.Model);

    public void Save(SwapRecord swap) => records.Apply(Put(swap));

    public void Save(SwapRecord swap, params ReadOnlySpan<RecordChange> more) => records.Apply([Put(swap), .. more]);
}
