namespace Sparrow.Runtime.Threading;

/// <summary>Who may have the cores first.</summary>
public enum WorkerLane
{
    /// <summary>Engines that answer requests.</summary>
    Serving,

    /// <summary>Engines that warm up or are probed.</summary>
    Background,

    /// <summary>Jobs; they always keep a set share, so that they end.</summary>
    Compression,
}
