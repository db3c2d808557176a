namespace Sparrow.Runtime.Kernels;

/// <summary>A format of weights that float kernels expand.</summary>
internal unsafe interface IPanelFormat
{
    /// <summary>Whether panels are floats already and need no expanding.</summary>
    static abstract bool IsFloat { get; }

    /// <summary>Expands blocks of 32 columns of a panel into floats, <c>[column, 16 rows]</c>.</summary>
    static abstract void Expand<TLanes, V>(in PanelMatrix weights, int panel, int firstBlock, int blockCount, float* tile)
        where TLanes : struct, ILanes<V>
        where V : struct;
}
