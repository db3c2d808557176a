namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>The 256 values of the 8-bit float e4m3fn: no infinities, NaN at all ones.</summary>
internal static class Fp8Table
{
    public static readonly float[] Values = [.. Enumerable.Range(0, 256).Select(Decode)];

    private static float Decode(int bits)
    {
        int exponent = (bits >> 3) & 15;
        int mantissa = bits & 7;
        float magnitude = (bits & 0x7F) == 0x7F ? float.NaN
            : exponent == 0 ? mantissa / 512f
            : MathF.ScaleB(1 + (mantissa / 8f), exponent - 7);
        return bits < 128 ? magnitude : -magnitude;
    }
}
