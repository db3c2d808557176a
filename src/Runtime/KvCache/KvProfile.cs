using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sparrow.Runtime.KvCache;

/// <summary>The precision of each layer's keys and values in sealed blocks, and how those below 16 bits are quantised.</summary>
/// <param name="Name">Preset name or file name, for reports.</param>
/// <param name="Pairs">One pair a layer.</param>
public sealed record KvProfile(string Name, IReadOnlyList<KvPair> Pairs)
{
    private static readonly (string Name, int KeyBits, int ValueBits, KvQuantizerMode Mode)[] s_presets =
    [
        ("kv32", 32, 32, KvQuantizerMode.PerToken),
        ("kv16", 16, 16, KvQuantizerMode.PerToken),
        ("kv8", 8, 8, KvQuantizerMode.PerToken),
        ("k8v4", 8, 4, KvQuantizerMode.PerToken),
        ("kv4", 4, 4, KvQuantizerMode.PerToken),
        ("k4v2", 4, 2, KvQuantizerMode.PerToken),
        ("kivi4", 4, 4, KvQuantizerMode.Kivi),
        ("kivi2", 2, 2, KvQuantizerMode.Kivi),
    ];

    /// <summary>Uniform profiles by name: <c>kv32</c> is for reference runs, <c>kv16</c> the default, <c>kivi…</c> in KIVI's mode, the others by
    /// token.</summary>
    public static IReadOnlyList<string> Presets { get; } = [.. s_presets.Select(preset => preset.Name)];

    /// <summary>Which values share a scale.</summary>
    public KvQuantizerMode Mode { get; init; }

    /// <summary>Channels of a group of values, a multiple of 16; 0: the whole head, in both modes. KIVI and KVTuner publish groups of 32, which cost
    /// half a bit a value more at heads of 64.</summary>
    public int ValueGroup { get; init; }

    /// <summary>Bits of a group's scale and of its minimum: 16, or 32 for reference runs.</summary>
    public int ScaleBits { get; init; } = 16;

    /// <summary>Where the pairs come from, or null.</summary>
    public string? Source { get; init; }

    /// <summary>What the pairs were measured to cost (name to figure), or null.</summary>
    public IReadOnlyDictionary<string, double>? Cost { get; init; }

    /// <summary>The mode as files and reports name it.</summary>
    public string ModeName => Mode == KvQuantizerMode.Kivi ? "kivi" : "per_token";

    /// <summary>Whether open blocks are kept in float rather than half: where any layer is 32 bits wide, or scales are.</summary>
    public bool OpenBlocksAreFloat => ScaleBits == 32 || Pairs.Any(pair => pair.KeyBits == 32 || pair.ValueBits == 32);

    /// <summary>Names what the profile does to outputs: 12 hexadecimal digits of a hash over mode, groups and pairs, whatever the profile is called.</summary>
    public string Digest
    {
        get
        {
            StringBuilder content = new();
            content.Append(CultureInfo.InvariantCulture, $"{ModeName} group {ValueGroup} scale {ScaleBits}:");
            foreach (KvPair pair in Pairs)
            {
                content.Append(CultureInfo.InvariantCulture, $" {pair.KeyBits}/{pair.ValueBits}");
            }

            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content.ToString())))[..12];
        }
    }

    /// <summary>A preset for a model of so many layers.</summary>
    /// <exception cref="ArgumentException">Unknown preset.</exception>
    public static KvProfile Preset(string name, int layerCount)
    {
        foreach ((string known, int keyBits, int valueBits, KvQuantizerMode mode) in s_presets)
        {
            if (known == name)
            {
                return Uniform(name, layerCount, new KvPair(keyBits, valueBits), mode);
            }
        }

        throw new ArgumentException($"Unknown KV profile '{name}'. Known: {string.Join(", ", Presets)}, or a JSON file.", nameof(name));
    }

    /// <summary>The same pair in every layer.</summary>
    public static KvProfile Uniform(string name, int layerCount, KvPair pair, KvQuantizerMode mode = KvQuantizerMode.PerToken) =>
        new(name, [.. Enumerable.Repeat(pair, layerCount)])
        {
            Mode = mode,
        };

    /// <summary>A preset by name, else a file.</summary>
    /// <exception cref="ArgumentException">Neither a preset nor a file.</exception>
    /// <exception cref="Loading.CheckpointException">The file is no profile for a model of so many layers.</exception>
    public static KvProfile Resolve(string presetOrFile, int layerCount) =>
        !Presets.Contains(presetOrFile) && File.Exists(presetOrFile)
            ? KvProfileFile.Read(presetOrFile, layerCount)
            : Preset(presetOrFile, layerCount);

    /// <summary>Mean bits over keys and values of all layers, scales and minima included; padding is not.</summary>
    /// <param name="headSize">Values of a head, which share scales.</param>
    public double EffectiveBits(int headSize) =>
        Pairs.Average(pair => (EffectiveKeyBits(pair.KeyBits, headSize) + EffectiveValueBits(pair.ValueBits, headSize)) / 2);

    // A group's scale and minimum, spread over its elements.
    private double EffectiveKeyBits(int bits, int headSize) =>
        bits >= 16 ? bits : bits + (2.0 * ScaleBits / (Mode == KvQuantizerMode.Kivi ? KvLayout.BlockTokens : headSize));

    private double EffectiveValueBits(int bits, int headSize)
    {
        int groups = ValueGroup == 0 ? 1 : (headSize + ValueGroup - 1) / ValueGroup;
        return bits >= 16 ? bits : bits + (2.0 * ScaleBits * groups / headSize);
    }
}
