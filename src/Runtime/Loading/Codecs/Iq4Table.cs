namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>The sixteen steps of IQ4_NL and IQ4_XS, denser near zero: part of the formats.</summary>
internal static class Iq4Table
{
    public static ReadOnlySpan<sbyte> Values => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
}
