using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.KvCache;

/// <summary>The codecs by bits: a new precision is a codec and a line here.</summary>
internal static class KvCodecs
{
    /// <summary>The codec of so many bits, with the groups and scales of a profile.</summary>
    public static KvCodec Create(int bits, KvProfile profile, KernelSet kernels) => bits switch
    {
        32 or 16 => CreateOpen(bits, kernels),
        8 or 4 or 2 when profile.ScaleBits == 16 => profile.Mode == KvQuantizerMode.Kivi
            ? new PairedKiviKvCodec(bits, profile.ValueGroup, kernels)
            : new PairedPerTokenKvCodec(bits, profile.ValueGroup, kernels),
        8 or 4 or 2 => profile.Mode == KvQuantizerMode.Kivi
            ? new KiviKvCodec(bits, profile.ValueGroup, profile.ScaleBits, kernels)
            : new PerTokenKvCodec(bits, profile.ValueGroup, profile.ScaleBits, kernels),
        _ => throw new ArgumentException($"The cache cannot keep {bits} bits a value. Known: 32, 16, 8, 4, 2.", nameof(bits)),
    };

    public static OpenKvCodec CreateOpen(int bits, KernelSet kernels) => bits == 32 ? new FloatKvCodec(kernels) : new HalfKvCodec(kernels);
}
