namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>
/// The eight 6-bit scales and minimums that Q4_K and Q5_K pack into 12 bytes: the first four of each stand in the low six bits of bytes 0–3
/// and 4–7; of the others the low four bits stand in bytes 8–11 and the high two on top of the first four.
/// </summary>
internal static class KScales
{
    public static int Scale(ReadOnlySpan<byte> packed, int group) =>
        group < 4 ? packed[group] & 63 : (packed[group + 4] & 15) | ((packed[group - 4] >> 6) << 4);

    public static int Minimum(ReadOnlySpan<byte> packed, int group) =>
        group < 4 ? packed[group + 4] & 63 : (packed[group + 4] >> 4) | ((packed[group] >> 6) << 4);
}
