using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;

namespace Sparrow.Runtime.Tests.KvCache;

/// <summary>A profile drawn by seed for a checkpoint, as a file in its folder.</summary>
internal static class RandomProfile
{
    public static string Write(string folder, int seed)
    {
        Random random = new(seed);
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        KvPair[] pairs = [.. Enumerable.Range(0, checkpoint.Config.LayerCount).Select(_ => new KvPair(Bits(random), Bits(random)))];
        KvProfile profile = new($"random {seed}", pairs)
        {
            Mode = seed % 2 == 0 ? KvQuantizerMode.Kivi : KvQuantizerMode.PerToken,
            ValueGroup = random.Next(3) * 16,
        };
        string path = Path.Combine(folder, $"random-{seed}.json");
        KvProfileFile.Write(path, profile);
        return path;
    }

    // 32 bits in one layer would make every open block float; the presets cover that.
    private static int Bits(Random random) => new[] { 16, 8, 4, 2 }[random.Next(4)];
}
