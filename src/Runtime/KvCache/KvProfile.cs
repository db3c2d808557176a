namespace Sparrow.Runtime.KvCache;

/// <summary>The precision of each layer's keys and values in sealed blocks.</summary>
/// <param name="Name">Preset name or file name, for reports.</param>
/// <param name="Pairs">One pair a layer.</param>
public sealed record KvProfile(string Name, IReadOnlyList<KvPair> Pairs)
{
    /// <summary>The presets of today: <c>kv32</c> (float, for reference runs) and <c>kv16</c> (half).</summary>
    public static IReadOnlyList<string> Presets { get; } = ["kv32", "kv16"];

    /// <summary>Mean bits over keys and values of all layers, scales included.</summary>
    public double AverageBits => Pairs.Average(pair => (pair.KeyBits + pair.ValueBits) / 2.0);

    /// <summary>Whether open blocks are kept in float rather than half: where any layer is 32 bits wide.</summary>
    public bool OpenBlocksAreFloat => Pairs.Any(pair => pair.KeyBits == 32 || pair.ValueBits == 32);

    /// <summary>A preset for a model of so many layers.</summary>
    /// <exception cref="ArgumentException">Unknown preset.</exception>
    public static KvProfile Preset(string name, int layerCount) => name switch
    {
        "kv32" => Uniform(name, layerCount, 32),
        "kv16" => Uniform(name, layerCount, 16),
        _ => throw new ArgumentException($"Unknown KV profile '{name}'. Known: {string.Join(", ", Presets)}.", nameof(name)),
    };

    private static KvProfile Uniform(string name, int layerCount, int bits) =>
        new(name, [.. Enumerable.Repeat(new KvPair(bits, bits), layerCount)]);
}

/// <summary>Bits of a layer's keys and values: 32 (float) or 16 (half).</summary>
public readonly record struct KvPair(int KeyBits, int ValueBits)
{
    public override string ToString() => $"k{KeyBits}v{ValueBits}";
}
