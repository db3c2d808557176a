namespace Sparrow.Runtime.KvCache;

/// <summary>Bits of a layer's keys and values: 32 (float), 16 (half), or codes of 8, 4 or 2.</summary>
public readonly record struct KvPair(int KeyBits, int ValueBits)
{
    /// <summary>What either may be.</summary>
    public static IReadOnlyList<int> KnownBits { get; } = [32, 16, 8, 4, 2];

    public override string ToString() => $"k{KeyBits}v{ValueBits}";
}
