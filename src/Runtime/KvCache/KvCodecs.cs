using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.KvCache;

/// <summary>The codecs by bits: a new precision is a codec and a line here.</summary>
internal static class KvCodecs
{
    public static KvCodec Create(int bits, KernelSet kernels) => bits switch
    {
        32 or 16 => CreateOpen(bits, kernels),
        _ => throw new ArgumentException($"The cache cannot keep {bits} bits a value. Known: 32, 16.", nameof(bits)),
    };

    public static OpenKvCodec CreateOpen(int bits, KernelSet kernels) => bits == 32 ? new FloatKvCodec(kernels) : new HalfKvCodec(kernels);
}
