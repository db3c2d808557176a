namespace Sparrow.Runtime.Sampling;

/// <summary>
/// Random numbers without state: a number is a hash of seed, choice and position, so that neither preemption nor what else is in the batch can
/// change a draw. The mixing steps are SplitMix64's (Steele, Lea and Flood, 2014).
/// </summary>
internal static class CounterRandom
{
    /// <summary>A number in [0, 1).</summary>
    public static double Uniform(long seed, int choice, int position)
    {
        ulong state = Mix((ulong)seed + 0x9E3779B97F4A7C15);
        state = Mix(state ^ (((ulong)(uint)choice << 32) | (uint)position));
        return (Mix(state + 0x9E3779B97F4A7C15) >> 11) * (1.0 / (1UL << 53));
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
