using System.Runtime.Intrinsics.X86;

namespace Sparrow.Runtime.Kernels;

/// <summary>Hints to the processor's caches; without effect on results, and nothing where there is no such instruction.</summary>
internal static unsafe class CacheHints
{
    private const int LineBytes = 64;

    /// <summary>Asks for memory that will be read soon.</summary>
    public static void Prefetch(byte* start, int bytes)
    {
        if (Sse.IsSupported)
        {
            for (int offset = 0; offset < bytes; offset += LineBytes)
            {
                Sse.Prefetch0(start + offset);
            }
        }
    }
}
