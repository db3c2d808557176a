using Sparrow.Runtime.KvCache;

namespace Sparrow.Compression.KvTuning;

/// <summary>Draws profiles of given bits: what a search must beat.</summary>
internal static class KvRandomProfile
{
    /// <summary>A pair for each layer, drawn from all; then single widths are raised or lowered at random until the bits fit.</summary>
    /// <param name="layerCount">Layers.</param>
    /// <param name="bits">Most effective bits; no less than this by more than one width of one layer.</param>
    /// <param name="effectiveBits">Of a profile.</param>
    /// <param name="random">Decides.</param>
    /// <exception cref="ArgumentException">Not even the narrowest pairs are so few bits.</exception>
    public static KvPair[] Draw(int layerCount, double bits, Func<IReadOnlyList<KvPair>, double> effectiveBits, Random random)
    {
        KvPair narrowest = new(2, 2);
        if (effectiveBits([.. Enumerable.Repeat(narrowest, layerCount)]) > bits)
        {
            throw new ArgumentException($"No profile has {bits} effective bits or less.", nameof(bits));
        }

        KvPair[] all = [.. KvTuner.Pairs()];
        KvPair[] pairs = [.. Enumerable.Range(0, layerCount).Select(_ => all[random.Next(all.Length)])];
        while (effectiveBits(pairs) < bits && pairs.Any(pair => pair != new KvPair(8, 8)))
        {
            Change(pairs, random, width => Math.Min(8, width * 2));
        }

        while (effectiveBits(pairs) > bits)
        {
            Change(pairs, random, width => Math.Max(2, width / 2));
        }

        return pairs;
    }

    private static void Change(KvPair[] pairs, Random random, Func<int, int> change)
    {
        int layer = random.Next(pairs.Length);
        pairs[layer] = random.Next(2) == 0
            ? pairs[layer] with { KeyBits = change(pairs[layer].KeyBits) }
            : pairs[layer] with { ValueBits = change(pairs[layer].ValueBits) };
    }
}
