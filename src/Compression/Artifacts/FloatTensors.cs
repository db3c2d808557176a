using System.Buffers.Binary;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Codecs;

namespace Sparrow.Compression.Artifacts;

/// <summary>Floats as tensors of the narrowest type that holds them without loss.</summary>
internal static class FloatTensors
{
    /// <summary>Weights: bf16 before f16, since most models are in bf16 and the sparse layout is.</summary>
    public static string TypeOfWeights(ReadOnlySpan<float> values) => IsBFloat16(values) ? "BF16" : IsHalf(values) ? "F16" : "F32";

    /// <summary>Scales: f16 first, which the grouped layouts hold.</summary>
    public static string TypeOfScales(ReadOnlySpan<float> values) => IsHalf(values) ? "F16" : IsBFloat16(values) ? "BF16" : "F32";

    public static bool IsHalf(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if ((float)(Half)value != value)
            {
                return false;
            }
        }

        return true;
    }

    public static StoredTensor Encode(string name, string type, long[] shape, ReadOnlySpan<float> values)
    {
        TensorCodec codec = CodecRegistry.FindSafetensors(type)!;
        byte[] data = new byte[codec.BytesOf(values.Length)];
        ((IEncodingCodec)codec).Encode(values, data);
        return new StoredTensor(name, type, shape, data);
    }

    public static StoredTensor EncodeIntegers(string name, long[] shape, ReadOnlySpan<int> values)
    {
        byte[] data = new byte[values.Length * sizeof(int)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(i * sizeof(int)), values[i]);
        }

        return new StoredTensor(name, "I32", shape, data);
    }

    public static StoredTensor EncodeLongs(string name, long[] shape, ReadOnlySpan<long> values)
    {
        byte[] data = new byte[values.Length * sizeof(long)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(i * sizeof(long)), values[i]);
        }

        return new StoredTensor(name, "I64", shape, data);
    }

    private static bool IsBFloat16(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if ((BitConverter.SingleToUInt32Bits(value) & 0xFFFF) != 0)
            {
                return false;
            }
        }

        return true;
    }
}
