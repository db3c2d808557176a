namespace Sparrow.Runtime.Tensors.Layouts;

/// <summary>Half-precision numbers kept as their bits.</summary>
internal static class HalfBits
{
    public static float ToSingle(ushort bits) => (float)BitConverter.UInt16BitsToHalf(bits);
}
