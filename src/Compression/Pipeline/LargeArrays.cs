namespace Sparrow.Compression.Pipeline;

/// <summary>
/// Steps make arrays of a matrix' size and drop them. The collector waits for far more of them than fit beside a block and then keeps their memory, so
/// the pipeline asks for a collection each time that so many bytes have been allocated. The heap holds few objects, so one takes milliseconds.
/// </summary>
internal static class LargeArrays
{
    private const long Interval = 192L << 20;

    // More memory than this that holds nothing goes back to the system, which takes moving what lives: tenths of a second, so not each time.
    private const long Idle = 256L << 20;

    private static long s_last;

    /// <summary>Collects where enough has been allocated since the last time.</summary>
    public static void Reclaim()
    {
        long allocated = GC.GetTotalAllocatedBytes();
        if (allocated - Volatile.Read(ref s_last) < Interval)
        {
            return;
        }

        Volatile.Write(ref s_last, allocated);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: false);
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        if (memory.TotalCommittedBytes - memory.HeapSizeBytes + memory.FragmentedBytes > Idle)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}
