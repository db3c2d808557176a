namespace Sparrow.Runtime.KvCache;

/// <summary>Constants of the paged cache.</summary>
public static class KvLayout
{
    /// <summary>Tokens in a block. 32 is the group of KIVI's keys and the grain of the reading rule: a query sees its own block of 32 exactly and
    /// earlier blocks in their sealed form.</summary>
    public const int BlockTokens = 32;
}
