namespace Sparrow.Runtime.KvCache;

/// <summary>Which values of a block share a scale, where a layer has 8, 4 or 2 bits.</summary>
public enum KvQuantizerMode
{
    /// <summary>Keys and values by token: one group a head.</summary>
    PerToken,

    /// <summary>KIVI (arXiv 2402.02750): keys by channel over the block's 32 tokens, values by token in groups of channels.</summary>
    Kivi,
}
