using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

/// <summary>What is added to scale · (code − zero point): a stored minimum, or what a group's own zero point makes of it.</summary>
internal static unsafe class PanelMinimums<TLanes, V>
    where TLanes : struct, ILanes<V>
    where V : struct
{
    /// <param name="weights">The matrix.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="index">Group · 16 + lane.</param>
    /// <param name="scale">The group's scales.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(in PanelMatrix weights, int panel, int index, V scale)
    {
        if (weights.ZeroPoints is not null)
        {
            return OfZeroPoints(weights.PanelZeroPoints(panel) + index, weights.ZeroPoint, scale);
        }

        return weights.Minimums is null ? TLanes.Zero : PanelFloats<TLanes, V>.LoadHalves(weights.PanelMinimums(panel) + index);
    }

    /// <summary>scale · (the zero point that the codes' sum is freed of − the group's): a half times nine bits, exact in a float.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V OfZeroPoints(byte* zeroPoints, int zeroPoint, V scale) =>
        TLanes.Multiply(scale, TLanes.ToFloat(TLanes.SubtractIntegers(TLanes.Broadcast(zeroPoint), TLanes.LoadBytes(zeroPoints))));
}
