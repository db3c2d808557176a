namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>A codec of codes and scales that takes both as they are, so that codes of another format are stored without loss.</summary>
internal interface ICodeCodec
{
    /// <summary>Smallest and largest code, zero being zero.</summary>
    (int Smallest, int Largest) Range { get; }

    /// <summary>Writes a block of 32.</summary>
    /// <param name="scale">The scale.</param>
    /// <param name="codes">Signed codes within <see cref="Range"/>.</param>
    /// <param name="stored">The block's bytes.</param>
    void WriteBlock(Half scale, ReadOnlySpan<int> codes, Span<byte> stored);
}
