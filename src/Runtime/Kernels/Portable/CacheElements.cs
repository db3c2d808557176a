using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

/// <summary>How attention kernels read unquantised keys and values: one loop, compiled once for each element type.</summary>
internal unsafe interface ICacheElements
{
    /// <summary>One element as float.</summary>
    static abstract float Load1(void* source, int index);

    /// <summary>Eight elements as floats.</summary>
    static abstract Vector256<float> Load8(void* source, int index);

    /// <summary>Sixteen elements as floats.</summary>
    static abstract Vector512<float> Load16(void* source, int index);
}

/// <summary>Floats as they are.</summary>
internal readonly unsafe struct FloatElements : ICacheElements
{
    public static float Load1(void* source, int index) => ((float*)source)[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load8(void* source, int index) => Vector256.Load((float*)source + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load16(void* source, int index) => Vector512.Load((float*)source + index);
}

/// <summary>Halves, widened on the way into a register.</summary>
internal readonly unsafe struct HalfElements : ICacheElements
{
    public static float Load1(void* source, int index) => (float)((Half*)source)[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load8(void* source, int index) => VectorMath.LoadHalves8((ushort*)source + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load16(void* source, int index) => VectorMath.LoadHalves16((ushort*)source + index);
}
