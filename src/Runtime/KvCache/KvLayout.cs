namespace Sparrow.Runtime.KvCache;

/// <summary>Constants and shapes of the paged cache.</summary>
public static class KvLayout
{
    /// <summary>Tokens in a block. 32 is the group of KIVI's keys and the grain of the reading rule: a query sees its own block of 32 exactly and
    /// earlier blocks in their sealed form.</summary>
    public const int BlockTokens = 32;

    /// <summary>Values of a token lie one after the other, padded to whole 512-bit vectors of floats.</summary>
    internal static int PadHead(int headSize) => (headSize + 15) & ~15;
}
