namespace Sparrow.Server.Hosting.Swaps;

/// <summary>P-2: how a revision takes another one's place.</summary>
internal static class SwapStrategy
{
    /// <summary>In parallel where there is room, else by draining.</summary>
    public const string Auto = "auto";

    /// <summary>The new revision is loaded beside the old one.</summary>
    public const string Parallel = "parallel";

    /// <summary>What runs ends, the old revision leaves, the new one is loaded; new requests wait.</summary>
    public const string Drain = "drain";
}
