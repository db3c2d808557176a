namespace Sparrow.Runtime.Loading;

/// <summary>
/// A stream of roughly normal numbers of deviation 1 that never changes between releases of .NET: SplitMix64 (Steele, Lea and Flood 2014),
/// four 16-bit uniforms of each draw added up. Tails end at ±3.46, which suits weights.
/// </summary>
internal struct SeededNormal(ulong seed)
{
    // Variance of the sum of four uniforms on 0…65535 is 4 (2^32 - 1) / 12.
    private const float Scale = 1f / 37_837.23f;

    private ulong _state = seed;

    public float Next()
    {
        ulong z = _state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        z ^= z >> 31;
        int sum = (int)((z & 0xFFFF) + ((z >> 16) & 0xFFFF) + ((z >> 32) & 0xFFFF) + (z >> 48));
        return (sum - 131_070) * Scale;
    }
}
