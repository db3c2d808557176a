namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>A codec that can also write its format.</summary>
internal interface IEncodingCodec
{
    /// <summary>Rounds values, a whole number of blocks, into the format.</summary>
    void Encode(ReadOnlySpan<float> values, Span<byte> stored);
}
