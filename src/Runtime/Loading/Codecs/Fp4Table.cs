namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>The sixteen values of the 4-bit float e2m1, doubled so that they are whole: part of MXFP4 and NVFP4.</summary>
internal static class Fp4Table
{
    public static ReadOnlySpan<sbyte> Doubled => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];
}
