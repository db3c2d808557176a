using System.Numerics;
using System.Runtime.InteropServices;

namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>Finds infinities and NaN by their exponent, which is all ones.</summary>
internal static class NonFinite
{
    public static int IndexOf32(ReadOnlySpan<byte> stored) => IndexOf<uint>(stored, 0x7F80_0000);

    public static int IndexOfBf16(ReadOnlySpan<byte> stored) => IndexOf<ushort>(stored, 0x7F80);

    public static int IndexOfF16(ReadOnlySpan<byte> stored) => IndexOf<ushort>(stored, 0x7C00);

    public static bool IsF16(ushort bits) => (bits & 0x7C00) == 0x7C00;

    private static int IndexOf<T>(ReadOnlySpan<byte> stored, T exponent)
        where T : unmanaged, IBinaryInteger<T>
    {
        ReadOnlySpan<T> values = MemoryMarshal.Cast<byte, T>(stored);
        Vector<T> mask = new(exponent);
        int index = 0;
        for (; index <= values.Length - Vector<T>.Count; index += Vector<T>.Count)
        {
            if (Vector.EqualsAny(new Vector<T>(values[index..]) & mask, mask))
            {
                break;
            }
        }

        for (; index < values.Length; index++)
        {
            if ((values[index] & exponent) == exponent)
            {
                return index;
            }
        }

        return -1;
    }
}
