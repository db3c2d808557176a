using Sparrow.Runtime.KvCache;

namespace Sparrow.Server.Options;

/// <summary>The cache of keys and values.</summary>
/// <param name="Profile">Name of a precision or a JSON file of one pair a layer; null: what the model carries.</param>
/// <param name="Bytes">Size; null: what the running limit can use, at most a quarter of free memory.</param>
/// <param name="PrefixCaching">Whether later requests reuse the blocks of equal prompts.</param>
internal sealed record KvCacheSettings(string? Profile, long? Bytes, bool PrefixCaching)
{
    public static KvCacheSettings Read(SettingsReader reader)
    {
        // The block of 32 tokens is part of what a query reads, so it is a fact to confirm rather than a choice.
        reader.Integer("KvCache:PageTokens", KvLayout.BlockTokens, KvLayout.BlockTokens, KvLayout.BlockTokens);
        return new KvCacheSettings(
            ReadProfile(reader),
            reader.OptionalBytes("KvCache:Bytes", "what the running limit can use, at most a quarter of free memory", 1 << 20),
            reader.Flag("KvCache:PrefixCaching", true));
    }

    private static string? ReadProfile(SettingsReader reader)
    {
        const string Key = "KvCache:Profile";
        string expected = $"{string.Join(", ", KvProfile.Presets)}, or a JSON file";
        if (reader.Text(Key, "from the model, else kv16", expected) is not { } text)
        {
            return null;
        }

        string? preset = KvProfile.Presets.FirstOrDefault(preset => string.Equals(preset, text, StringComparison.OrdinalIgnoreCase));
        if (preset is null && !File.Exists(text))
        {
            reader.Refuse(Key, $"one of {expected}", text);
        }

        return preset ?? text;
    }
}
