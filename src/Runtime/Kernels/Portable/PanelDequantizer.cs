using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

/// <summary>scale · (code − zero point) [+ minimum] for half a block: 16 columns, the least that share a scale.</summary>
internal readonly unsafe ref struct PanelDequantizer<TLanes, V>
    where TLanes : struct, ILanes<V>
    where V : struct
{
    private readonly V _scale;
    private readonly V _minimum;
    private readonly V _zeroPoint;
    private readonly bool _hasMinimum;

    public PanelDequantizer(in PanelMatrix weights, int panel, int half, int lane)
    {
        int group = (half * 16 / weights.GroupColumns * PanelMatrix.PanelRows) + lane;
        _scale = PanelFloats<TLanes, V>.LoadHalves(weights.PanelScales(panel) + group);
        _hasMinimum = weights.HasMinimums;
        _minimum = PanelMinimums<TLanes, V>.Load(weights, panel, group, _scale);
        _zeroPoint = TLanes.Broadcast(weights.ZeroPoint);
    }

    public PanelDequantizer(V scale, V minimum, bool hasMinimum, int zeroPoint)
    {
        _scale = scale;
        _minimum = minimum;
        _hasMinimum = hasMinimum;
        _zeroPoint = TLanes.Broadcast(zeroPoint);
    }

    /// <summary>Four columns, a byte each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store4(float* target, V codes)
    {
        V byteMask = TLanes.Broadcast(255);
        Store(target, TLanes.And(codes, byteMask));
        Store(target + PanelMatrix.PanelRows, TLanes.And(TLanes.ShiftRight(codes, 8), byteMask));
        Store(target + (2 * PanelMatrix.PanelRows), TLanes.And(TLanes.ShiftRight(codes, 16), byteMask));
        Store(target + (3 * PanelMatrix.PanelRows), TLanes.And(TLanes.ShiftRight(codes, 24), byteMask));
    }

    // The product is rounded before the minimum is added, as the formats are defined.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store(float* target, V codes)
    {
        V value = TLanes.Multiply(_scale, TLanes.ToFloat(TLanes.SubtractIntegers(codes, _zeroPoint)));
        TLanes.Store(target, _hasMinimum ? TLanes.Add(value, _minimum) : value);
    }
}
