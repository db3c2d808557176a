using Sparrow.Runtime.Loading.Codecs;

namespace Sparrow.Compression.Pipeline;

/// <summary>What weights that stay floats are stored as.</summary>
internal sealed class FloatType
{
    private readonly TensorCodec _codec;

    private FloatType(TensorCodec codec)
    {
        _codec = codec;
    }

    /// <summary><c>f32</c>, <c>f16</c> or <c>bf16</c>.</summary>
    public string Name => _codec.Name;

    public TensorCodec Codec => _codec;

    public static FloatType Of(string name) => new(name switch
    {
        "f32" => CodecRegistry.F32,
        "bf16" => CodecRegistry.Bf16,
        _ => CodecRegistry.F16,
    });

    /// <summary>Whether a storage format is one of the three.</summary>
    public static bool IsOne(string format) => format is "f32" or "f16" or "bf16";

    public void Encode(ReadOnlySpan<float> values, Span<byte> stored) => ((IEncodingCodec)_codec).Encode(values, stored);

    /// <summary>Rounds values to the nearest of the type, so that activations flow through what a reader will find.</summary>
    public void Round(Span<float> values)
    {
        if (Name == "f32")
        {
            return;
        }

        const int Piece = 4096;
        Span<byte> stored = stackalloc byte[Piece * 2];
        for (int start = 0; start < values.Length; start += Piece)
        {
            Span<float> piece = values.Slice(start, Math.Min(Piece, values.Length - start));
            Span<byte> bytes = stored[..(piece.Length * 2)];
            ((IEncodingCodec)_codec).Encode(piece, bytes);
            _codec.Expand(bytes, piece);
        }
    }
}
